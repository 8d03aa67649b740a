using System.Globalization;
using Skep.Engine.Processes;

namespace Skep.Engine.Symbols;

/// <summary>The executable files that a process has in its memory, from <c>/proc/PID/maps</c>.</summary>
sealed class MemoryMap
{
    readonly List<Region> _regions;

    MemoryMap(List<Region> regions) => _regions = regions;

    /// <summary>One region of code.</summary>
    /// <param name="Start">Its first address.</param>
    /// <param name="End">The address behind it.</param>
    /// <param name="FileOffset">Where in the file it begins.</param>
    /// <param name="File">Device and inode, which name a file.</param>
    /// <param name="Path">The file's path as the process sees it.</param>
    public readonly record struct Region(ulong Start, ulong End, ulong FileOffset, string File, string Path);

    /// <summary>Reads a process's map; null when it has ended, or the pid is another process by now.</summary>
    public static MemoryMap? Read(ProcessInfo process)
    {
        try
        {
            return process.IsAlive ? new MemoryMap([.. Parse(File.ReadLines($"/proc/{process.Id.Pid}/maps"))]) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Lines are <c>start-end perms offset dev inode path</c>.</summary>
    internal static IEnumerable<Region> Parse(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            var parts = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length < 6 || parts[1].Length < 3 || parts[1][2] != 'x') continue;
            var dash = parts[0].IndexOf('-', StringComparison.Ordinal);
            if (dash < 0 || !TryHex(parts[0].AsSpan(0, dash), out var start) || !TryHex(parts[0].AsSpan(dash + 1), out var end) || !TryHex(parts[2], out var offset)) continue;
            yield return new Region(start, end, offset, $"{parts[3]} {parts[4]}", parts[5].Trim());
        }
    }

    /// <summary>The region that an address lies in.</summary>
    public bool TryFind(ulong address, out Region region)
    {
        foreach (var candidate in _regions)
        {
            if (address < candidate.Start || address >= candidate.End) continue;
            region = candidate;
            return true;
        }
        region = default;
        return false;
    }

    static bool TryHex(ReadOnlySpan<char> text, out ulong value) => ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
}
