using System.Runtime.InteropServices;
using Skep.Bpf.Interop;

namespace Skep.Bpf.KernelTests;

/// <summary>A BPF file system of the test's own, gone with it.</summary>
sealed partial class TemporaryBpfFileSystem : IDisposable
{
    public TemporaryBpfFileSystem()
    {
        Path = Directory.CreateTempSubdirectory("skep-bpffs-").FullName;
        Libc.Check(Libc.Mount("bpf", Path, "bpf", 0, null), $"mount bpf at {Path}");
    }

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        Umount(Path, 2);
        Directory.Delete(Path);
    }

    [LibraryImport("libc", EntryPoint = "umount2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Umount(string target, int flags);
}
