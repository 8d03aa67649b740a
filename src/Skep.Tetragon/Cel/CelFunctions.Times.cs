using System.Globalization;
using System.Text;
using static Skep.Tetragon.Cel.CelKind;

namespace Skep.Tetragon.Cel;

static partial class CelFunctions
{
    const long Second = 1_000_000_000;

    static long Span(object? value) => ((CelDuration)value!).Nanoseconds;

    static Int128 Time(object? value) => ((CelTimestamp)value!).Nanoseconds;

    static object At(Int128 nanoseconds) => new CelTimestamp(nanoseconds) is { IsValid: true } time ? time : new CelError("the time is before the year 1 or after the year 9999");

    static Int128 FloorSeconds(Int128 nanoseconds) => (nanoseconds - Fraction(nanoseconds)) / Second;

    static long Fraction(Int128 nanoseconds) => (long)((nanoseconds % Second + Second) % Second);

    static IEnumerable<CelFunction> Times()
    {
        yield return Function("timestamp", Timestamp, a => a[0], Timestamp);
        yield return Function("timestamp", Timestamp, a => At((Int128)(long)a[0]! * Second), Int);
        yield return Function("timestamp", Timestamp, a => ParseTime((string)a[0]!), CelKind.String);
        yield return Function("duration", Duration, a => a[0], Duration);
        yield return Function("duration", Duration, a => ParseSpan((string)a[0]!), CelKind.String);
        (string Name, Func<DateTime, long> Of)[] parts =
        [
            ("getFullYear", t => t.Year), ("getMonth", t => t.Month - 1), ("getDate", t => t.Day), ("getDayOfMonth", t => t.Day - 1), ("getDayOfWeek", t => (long)t.DayOfWeek),
            ("getDayOfYear", t => t.DayOfYear - 1), ("getHours", t => t.Hour), ("getMinutes", t => t.Minute), ("getSeconds", t => t.Second), ("getMilliseconds", t => t.Millisecond),
        ];
        foreach (var (name, of) in parts)
        {
            yield return Method(name, Int, a => of(Calendar(Time(a[0]))), Timestamp);
            yield return Method(name, Int, a => InZone(Time(a[0]), (string)a[1]!, of), Timestamp, CelKind.String);
        }
        yield return Method("getHours", Int, a => Span(a[0]) / (3600 * Second), Duration);
        yield return Method("getMinutes", Int, a => Span(a[0]) / (60 * Second), Duration);
        yield return Method("getSeconds", Int, a => Span(a[0]) / Second, Duration);
        yield return Method("getMilliseconds", Int, a => Span(a[0]) % Second / 1_000_000, Duration);
    }

    static DateTime Calendar(Int128 nanoseconds) => DateTime.UnixEpoch.AddTicks((long)((nanoseconds - Fraction(nanoseconds)) / 100)).AddTicks(Fraction(nanoseconds) / 100);

    static object InZone(Int128 nanoseconds, string zone, Func<DateTime, long> of)
    {
        try
        {
            var time = Calendar(nanoseconds);
            return of(time + OffsetOf(zone, time));
        }
        catch (Exception error) when (error is TimeZoneNotFoundException or InvalidTimeZoneException or ArgumentOutOfRangeException or System.Security.SecurityException)
        {
            return new CelError($"{zone} is no time zone here");
        }
    }

    static TimeSpan OffsetOf(string zone, DateTime time)
    {
        if (zone is "UTC" or "") return TimeSpan.Zero;
        var colon = zone.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0) return TimeZoneInfo.FindSystemTimeZoneById(zone).GetUtcOffset(time);
        var hours = zone[0] is '+' or '-' ? zone[1..colon] : zone[..colon];
        if (!int.TryParse(hours, NumberStyles.None, null, out var h) || !int.TryParse(zone[(colon + 1)..], NumberStyles.None, null, out var m) || h > 23 || m > 59) throw new TimeZoneNotFoundException();
        var offset = new TimeSpan(h, m, 0);
        return zone[0] == '-' ? -offset : offset;
    }

    static object ParseTime(string text)
    {
        const int ToSeconds = 19;
        var error = new CelError("the text is no time of RFC 3339");
        if (text.Length <= ToSeconds || text[10] is not ('T' or 't')) return error;
        if (!DateTime.TryParseExact(text.AsSpan(0, ToSeconds), "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var date)) return error;
        var at = ToSeconds;
        long fraction = 0;
        if (text[at] == '.')
        {
            var scale = Second;
            var start = ++at;
            for (; at < text.Length && char.IsAsciiDigit(text[at]); at++) fraction += (text[at] - '0') * (scale /= 10);
            if (at == start || at - start > 9) return error;
        }
        var zone = text.AsSpan(at);
        var offset = TimeSpan.Zero;
        if (zone is not ("Z" or "z"))
        {
            if (zone.Length != 6 || zone[0] is not ('+' or '-') || !TimeSpan.TryParseExact(zone[1..], "hh\\:mm", CultureInfo.InvariantCulture, out offset)) return error;
            if (zone[0] == '-') offset = -offset;
        }
        return At((Int128)((date.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond - (long)offset.TotalSeconds) * Second + fraction);
    }

    static string TimeText(Int128 nanoseconds)
    {
        var text = new StringBuilder(Calendar(nanoseconds).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture));
        if (Fraction(nanoseconds) is > 0 and var fraction) text.Append('.').Append(fraction.ToString("d9", CultureInfo.InvariantCulture).TrimEnd('0'));
        return text.Append('Z').ToString();
    }

    static object ParseSpan(string text)
    {
        if (!GoDuration.TryParse(text, out Int128 nanoseconds)) return new CelError("the text is no duration such as 1h30m or 1.5s");
        return Int128.Abs(nanoseconds) > long.MaxValue ? s_overflow : new CelDuration((long)nanoseconds);
    }

    static string SpanText(long nanoseconds)
    {
        var text = (nanoseconds / (decimal)Second).ToString("0.#########", CultureInfo.InvariantCulture);
        return text + "s";
    }
}
