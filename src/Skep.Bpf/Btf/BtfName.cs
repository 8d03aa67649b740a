namespace Skep.Bpf;

/// <summary>
/// Names with flavours. A program may declare several shapes of one kernel type as <c>task_struct___v5</c>, <c>task_struct___v6</c>;
/// what precedes the last <c>___</c> is the essential name, which is what CO-RE compares.
/// </summary>
static class BtfName
{
    const int MaxHashed = 32;

    /// <summary>The name without its flavour.</summary>
    public static ReadOnlySpan<byte> Essential(ReadOnlySpan<byte> name)
    {
        for (var at = name.Length - 5; at >= 0; at--)
        {
            if (IsSeparator(name, at)) return name[..(at + 1)];
        }
        return name;
    }

    /// <summary>
    /// A hash that is equal for names of equal essential name, from the string section's tail that starts with the name.
    /// It looks at a bounded prefix, up to the first separator: two names that differ only in the last flavour agree there.
    /// </summary>
    public static uint Hash(ReadOnlySpan<byte> tail)
    {
        var hash = 2166136261u;
        for (var i = 0; i < tail.Length && i < MaxHashed && tail[i] != 0; i++)
        {
            hash = (hash ^ tail[i]) * 16777619u;
            if (IsSeparator(tail, i)) break;
        }
        return hash ^ (hash >> 15);
    }

    static bool IsSeparator(ReadOnlySpan<byte> name, int at) =>
        name.Length - at >= 5 && name[at + 1] == '_' && name[at + 2] == '_' && name[at + 3] == '_' && name[at] != '_' && name[at + 4] is not ((byte)'_' or 0);
}
