using System.Globalization;
using Skep.Bpf.Interop;

namespace Skep.Agent.Health;

/// <summary>
/// Gives back the pages of the program's own files that were needed once, as at the start: they stay in the page cache, and those that are needed again
/// are mapped again, 16 at a time (mm/memory.c, do_fault_around).
/// </summary>
static class MappedCode
{
    public static void Release()
    {
        foreach (var (start, length) in Clean(File.ReadLines("/proc/self/smaps"))) Libc.Forget(start, length);
    }

    /// <summary>Mappings that are as they are in the file, and cannot be written to: nothing is lost with them.</summary>
    /// <param name="lines">Of <c>/proc/PID/smaps</c> (Documentation/filesystems/proc.rst).</param>
    internal static IEnumerable<(nint Start, nint Length)> Clean(IEnumerable<string> lines)
    {
        (nint Start, nint Length)? mapping = null;
        foreach (var line in lines)
        {
            if (Read(line) is { } head)
            {
                mapping = head.IsCode ? (head.Start, head.Length) : null;
            }
            else if (mapping is { } candidate && line.StartsWith("Anonymous:", StringComparison.Ordinal))
            {
                if (line.EndsWith(" 0 kB", StringComparison.Ordinal)) yield return candidate;
                mapping = null;
            }
        }
    }

    /// <summary>Null of a line that is not a mapping's first: <c>start-end rights offset device inode path</c>.</summary>
    static (nint Start, nint Length, bool IsCode)? Read(string line)
    {
        var dash = line.IndexOf('-', StringComparison.Ordinal);
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        if (dash < 0 || space < dash || !nint.TryParse(line.AsSpan(0, dash), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var start)
            || !nint.TryParse(line.AsSpan(dash + 1, space - dash - 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var end)) return null;
        var rights = line.AsSpan(space + 1, 4);
        // memfd: and /dev/shm are files too, whose pages are memory.
        return (start, end - start, rights[1] == '-' && line.Contains(" /", StringComparison.Ordinal) && !line.Contains(" /memfd:", StringComparison.Ordinal) && !line.EndsWith("(deleted)", StringComparison.Ordinal));
    }
}
