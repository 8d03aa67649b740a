using System.Runtime.InteropServices;

namespace Skep.Agent.KernelTests.Recording;

/// <summary>A file system in memory that is soon full.</summary>
sealed partial class SmallFileSystem : IDisposable
{
    const int Detach = 2;

    public SmallFileSystem(int kilobytes)
    {
        Path = Directory.CreateTempSubdirectory("skep-small-").FullName;
        if (Mount("skep", Path, "tmpfs", 0, $"size={kilobytes}k") != 0) throw new IOException($"mount: errno {Marshal.GetLastPInvokeError()}");
    }

    public string Path { get; }

    string Filler => System.IO.Path.Combine(Path, "filler");

    public void Fill()
    {
        var block = new byte[4096];
        try
        {
            using var file = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, 0);
            while (true) file.Write(block);
        }
        catch (IOException)
        {
            // That was the aim.
        }
    }

    public void Empty() => File.Delete(Filler);

    public void Dispose()
    {
        _ = Unmount(Path, Detach);
        Directory.Delete(Path);
    }

    [LibraryImport("libc", EntryPoint = "mount", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Mount(string source, string target, string type, ulong flags, string data);

    [LibraryImport("libc", EntryPoint = "umount2", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Unmount(string target, int flags);
}
