using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>Names and addresses of kernel functions, read when a pattern or an error message needs them.</summary>
static class KernelFunctions
{
    /// <summary>Names of all kernel functions; empty when they are hidden.</summary>
    public static IEnumerable<string> Names()
    {
        try
        {
            var names = new List<string>();
            KernelSymbols.Read((in KernelSymbol symbol) =>
            {
                if (symbol.IsFunction) names.Add(symbol.Text);
            });
            return names;
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>
    /// The functions that ftrace, and with it kprobe.multi, can attach to and whose names match a pattern with <c>*</c> and <c>?</c>.
    /// <c>available_filter_functions</c> tells which; where it may not be read (lockdown), every matching function of kallsyms is returned.
    /// </summary>
    public static IReadOnlyList<string> Matching(string pattern)
    {
        return [.. (Traceable() ?? Names()).Where(name => Matches(name, pattern)).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The functions that ftrace can attach to; null where their list may not be read.</summary>
    public static HashSet<string>? Traceable()
    {
        var path = Path.Combine(TraceFs.Root, "available_filter_functions");
        if (!File.Exists(path) || TryReadLines(path) is not { } lines) return null;
        // A name may be listed though kallsyms has dropped it (weak functions that lost): the kernel would refuse the whole list.
        var symbols = Names().ToHashSet(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in lines)
        {
            var end = line.AsSpan().IndexOfAny(' ', '\t');
            var name = end < 0 ? line : line[..end];
            if (symbols.Contains(name)) names.Add(name);
        }
        return names;
    }

    /// <summary>Whether a name matches a pattern: <c>*</c> stands for any text, <c>?</c> for one character.</summary>
    public static bool Matches(ReadOnlySpan<char> name, ReadOnlySpan<char> pattern)
    {
        // Greedy with one point of return: linear in practice, and no recursion on a hostile pattern.
        var (n, p, star, resume) = (0, 0, -1, 0);
        while (n < name.Length)
        {
            if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == name[n]) && pattern[p] != '*')
            {
                n++;
                p++;
            }
            else if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                resume = n;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++resume;
            }
            else
            {
                return false;
            }
        }
        while (p < pattern.Length && pattern[p] == '*') p++;
        return p == pattern.Length;
    }

    static List<string>? TryReadLines(string path)
    {
        try
        {
            var lines = File.ReadAllLines(path);
            return lines.Length == 0 ? null : [.. lines];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
