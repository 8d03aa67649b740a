using System.Globalization;

namespace Skep.Falco.Output;

/// <summary>Times as Falco's fields tell them.</summary>
static class EventTime
{
    public const int LongestText = 40;

    const long NanosecondsOfSecond = 1_000_000_000;

    /// <param name="nanoseconds">Since 1970.</param>
    /// <param name="field">Which of the fields.</param>
    /// <param name="text">Gets it.</param>
    public static int Format(long nanoseconds, string field, Span<byte> text)
    {
        var utc = field is "evt.time.iso8601" or "time";
        var seconds = Math.Clamp(nanoseconds / NanosecondsOfSecond, -62_000_000_000, 253_000_000_000);
        var time = DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime;
        if (!utc) time = time.ToLocalTime();
        var shape = field switch
        {
            "evt.time" or "evt.time.s" => "HH':'mm':'ss",
            "evt.datetime" or "evt.datetime.s" => "yyyy'-'MM'-'dd HH':'mm':'ss",
            _ => "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
        };
        time.TryFormat(text, out var length, shape, CultureInfo.InvariantCulture);
        if (field.EndsWith(".s", StringComparison.Ordinal)) return length;
        text[length++] = (byte)'.';
        var rest = Math.Abs(nanoseconds % NanosecondsOfSecond);
        rest.TryFormat(text[length..], out var written, "D9", CultureInfo.InvariantCulture);
        length += written;
        var zone = field switch { "evt.time.iso8601" => "+0000"u8, "time" => "Z"u8, _ => default };
        zone.CopyTo(text[length..]);
        return length + zone.Length;
    }
}
