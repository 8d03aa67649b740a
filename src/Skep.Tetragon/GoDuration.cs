using System.Globalization;
using System.Text;

namespace Skep.Tetragon;

/// <summary>Spans of time as Go writes them, and with it Tetragon's options, API and CEL: <c>1h30m</c>, <c>1.5s</c>, <c>0</c>.</summary>
public static class GoDuration
{
    const long Second = 1_000_000_000, Minute = 60 * Second, Hour = 60 * Minute;

    static readonly (string Name, long Nanoseconds)[] s_units = [("ns", 1), ("us", 1000), ("µs", 1000), ("μs", 1000), ("ms", 1_000_000), ("h", Hour), ("m", Minute), ("s", Second)];

    /// <summary>Reads one.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        if (!TryParse(text, out Int128 nanoseconds) || Int128.Abs(nanoseconds) > long.MaxValue) return false;
        duration = TimeSpan.FromTicks((long)(nanoseconds / TimeSpan.NanosecondsPerTick));
        return true;
    }

    /// <summary>Reads one; what is too long for Go is beyond 64 bits.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Int128 nanoseconds)
    {
        nanoseconds = 0;
        var isNegative = text.StartsWith("-");
        if (isNegative || text.StartsWith("+")) text = text[1..];
        if (text is "0") return true;
        if (text.IsEmpty) return false;
        while (!text.IsEmpty)
        {
            var digits = 0;
            while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] == '.')) digits++;
            if (digits is 0 or > 20 || !decimal.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return false;
            text = text[digits..];
            var length = 0;
            foreach (var (name, unit) in s_units)
            {
                if (length > 0 || !text.StartsWith(name)) continue;
                length = name.Length;
                nanoseconds += number > long.MaxValue / unit ? (Int128)long.MaxValue + 1 : (Int128)(number * unit);
            }
            if (length == 0) return false;
            text = text[length..];
        }
        if (isNegative) nanoseconds = -nanoseconds;
        return true;
    }

    /// <summary>Writes one.</summary>
    public static string Text(TimeSpan duration)
    {
        var text = new StringBuilder(duration < TimeSpan.Zero ? "-" : "");
        var rest = (UInt128)Int128.Abs((Int128)duration.Ticks * TimeSpan.NanosecondsPerTick);
        if (rest < Second)
        {
            var (unit, name) = rest >= 1_000_000 ? (1_000_000, "ms") : rest >= 1000 ? (1000, "µs") : rest > 0 ? (1, "ns") : (1, "s");
            return text.Append(CultureInfo.InvariantCulture, $"{(decimal)rest / unit:0.######}{name}").ToString();
        }
        if (rest >= Hour) text.Append(CultureInfo.InvariantCulture, $"{rest / Hour}h");
        if (rest >= Minute) text.Append(CultureInfo.InvariantCulture, $"{rest % Hour / Minute}m");
        return text.Append(CultureInfo.InvariantCulture, $"{(decimal)(rest % Minute) / Second:0.#########}s").ToString();
    }
}
