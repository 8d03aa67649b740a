using Skep.Bpf;

namespace Skep.Cli.Bpf;

/// <summary>A directory of a BPF file system that takes the pins of one object: all of them or none.</summary>
sealed class PinDirectory
{
    readonly string _path;
    readonly List<string> _pins = [];

    PinDirectory(string path) => _path = path;

    /// <summary>Makes the directory, and mounts the BPF file system where distributions have it.</summary>
    /// <exception cref="UserException">It is not on a BPF file system.</exception>
    public static PinDirectory Prepare(string path)
    {
        var full = Path.GetFullPath(path);
        if (full == BpfFileSystem.DefaultPath || full.StartsWith(BpfFileSystem.DefaultPath + "/", StringComparison.Ordinal)) BpfFileSystem.EnsureMounted();
        if (!BpfFileSystem.Contains(full))
        {
            throw new UserException($"--pin {path}: not on a BPF file system; give a directory below {string.Join(" or ", BpfFileSystem.Mounts.DefaultIfEmpty(BpfFileSystem.DefaultPath))}, or mount one (mount -t bpf bpf DIRECTORY)");
        }
        Directory.CreateDirectory(full);
        return new PinDirectory(full);
    }

    /// <summary>Pins programs and maps by their names and links as <c>NAME_link</c>. Returns how many links cannot be pinned; these end with this process.</summary>
    public int Pin(BpfObject loaded, LinkCollection links)
    {
        try
        {
            foreach (var program in loaded.Programs.Values) Add(program.Name, program.Pin);
            foreach (var map in loaded.Maps.Values) Add(map.Name, map.Pin);
            var unpinnable = 0;
            foreach (var (name, link) in links.Links)
            {
                try
                {
                    Add($"{name}_link", link.Pin);
                }
                catch (Exception error) when (error is InvalidOperationException or NotSupportedException)
                {
                    Console.Error.WriteLine($"skep: link of {name} is not pinned and ends with this process: {error.Message}");
                    unpinnable++;
                }
            }
            return unpinnable;
        }
        catch
        {
            foreach (var pin in _pins) BpfFileSystem.Unpin(pin);
            throw;
        }
    }

    void Add(string name, Action<string> pin)
    {
        // bpffs takes no dots in names (kernel/bpf/inode.c: bpf_lookup).
        var path = Path.Combine(_path, name.Replace('.', '_'));
        pin(path);
        _pins.Add(path);
    }
}
