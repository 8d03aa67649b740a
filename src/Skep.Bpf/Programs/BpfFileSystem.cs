using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>BPF file systems, where programs, maps and links are pinned by name.</summary>
public static class BpfFileSystem
{
    /// <summary>Where distributions mount it.</summary>
    public const string DefaultPath = "/sys/fs/bpf";

    /// <summary>All places in this mount namespace where a BPF file system is mounted.</summary>
    public static IReadOnlyList<string> Mounts => [.. MountPoint.All().Where(m => m.FileSystem == "bpf").Select(m => m.Path).Distinct()];

    /// <summary>Whether a path lies on a BPF file system.</summary>
    public static bool Contains(string path)
    {
        var full = Path.GetFullPath(path);
        return MountPoint.Find(full) is { FileSystem: "bpf" };
    }

    /// <summary>Mounts a BPF file system at <paramref name="path"/> unless one is there. The directory must exist. Needs CAP_SYS_ADMIN.</summary>
    public static void EnsureMounted(string path = DefaultPath)
    {
        if (Contains(path)) return;
        Libc.Check(Libc.Mount("bpffs", path, "bpf", 0, "mode=0700"), $"mount a BPF file system at {path}");
    }

    /// <summary>Removes a pin; what was pinned lives on while something else holds it. False when there was none.</summary>
    public static bool Unpin(string path)
    {
        if (!File.Exists(path)) return false;
        File.Delete(path);
        return true;
    }
}
