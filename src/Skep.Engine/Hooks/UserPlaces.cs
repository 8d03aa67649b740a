using System.Globalization;
using Skep.Bpf;
using Skep.Bpf.Interop;
using Skep.Engine.Compilation;

namespace Skep.Engine.Hooks;

/// <summary>Places of one file where a hook's program runs. The program knows a place by its number here, which is its cookie.</summary>
public sealed record UserPlaces
{
    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>The places, in the order of their numbers.</summary>
    public required IReadOnlyList<UserPlace> Places { get; init; }

    /// <summary>Whether the program runs when the functions return.</summary>
    public bool IsReturn { get; init; }

    /// <summary>Whether one link serves all places (uprobe.multi).</summary>
    public bool IsMulti { get; init; }

    /// <summary>Whether the functions are Go's, which has arguments in registers of its own choice.</summary>
    public bool IsGo { get; init; }

    /// <summary>The file as it was when the places were found.</summary>
    internal FileStatus File { get; init; }

    /// <summary>The same places of the same file have the same name in every generation, and keep their gate; a file that replaced another one has a new name.</summary>
    internal string Label
    {
        get
        {
            var first = Places[0].Name.Length > LongestName ? Places[0].Name[..LongestName] : Places[0].Name;
            var all = string.Join(' ', Places.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Offset:x}+{p.Counter:x}")));
            var hash = StableHash.Of(string.Create(CultureInfo.InvariantCulture, $"{File.Device:x} {File.Inode:x} {all}"));
            var file = System.IO.Path.GetFileName(Path);
            return $"{(file.Length > LongestName ? file[..LongestName] : file)}:{first}{(Places.Count > 1 ? $"+{Places.Count - 1}" : "")}@{hash:x16}";
        }
    }

    /// <summary>The section of a program at these places.</summary>
    internal string Section => $"{(IsReturn ? "uretprobe" : "uprobe")}{(IsMulti ? ".multi" : "")}/{Label}";

    /// <summary>What is attached one by one.</summary>
    internal IEnumerable<UserPlaces> Links => IsMulti ? [this] : Places.Select(p => this with { Places = [p] });

    /// <summary>Attaches a program to the file that the places were found in, whatever its path leads to by now.</summary>
    /// <param name="program">The program.</param>
    /// <param name="first">Number of the first place.</param>
    internal BpfLink Attach(BpfProgram program, int first)
    {
        using var file = ExecutableFile.Open(Path);
        var path = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{file.Descriptor}");
        if (!Libc.TryStat(path, out var status) || (status.Device, status.Inode) != (File.Device, File.Inode)) throw new BpfException($"{Path} was replaced by another file while policies were loaded; load them again");
        var isCounted = Places.Any(p => p.Counter != 0);
        if (!IsMulti)
        {
            return UprobeLink.Attach(program, path, new UprobeOptions
            {
                Offset = Places[0].Offset, IsReturn = IsReturn, ReferenceCounterOffset = Places[0].Counter, Cookie = (ulong)first,
            });
        }
        return UprobeMultiLink.Attach(program, path, new UprobeMultiOptions
        {
            Offsets = [.. Places.Select(p => p.Offset)], IsReturn = IsReturn, ReferenceCounterOffsets = isCounted ? [.. Places.Select(p => p.Counter)] : [],
            Cookies = [.. Enumerable.Range(first, Places.Count).Select(i => (ulong)i)],
        });
    }

    const int LongestName = 48;
}
