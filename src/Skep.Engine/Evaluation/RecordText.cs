using Skep.Engine.Records;
using Skep.Engine.Rules;

namespace Skep.Engine.Evaluation;

/// <summary>What the kernel's matchers look at: most values are one text, some have it behind a fixed head.</summary>
static class RecordText
{
    const int DeviceName = 8;

    /// <summary>The text of a captured value; empty where it could not be read, as for the matchers. False when there is none in the record.</summary>
    public static bool TryGet(scoped in HookRecord record, int place, ValueKind kind, out ReadOnlySpan<byte> text)
    {
        if (kind == ValueKind.UnixAddress)
        {
            record.TryGetUnixAddress(place, out _, out text);
            return true;
        }
        if (!record.TryGetBytes(place, out text)) return false;
        if (kind != ValueKind.NetworkDevice) return true;
        text = text.Length > DeviceName ? text[DeviceName..] : default;
        if (text.IndexOf((byte)0) is var end and >= 0) text = text[..end];
        return true;
    }
}
