using System.Globalization;
using System.Text;
using Skep.Bpf;
using Skep.Bpf.Interop;

namespace Skep.Engine.Runtime;

/// <summary>Keeps a second agent away from a pin directory. A BPF file system knows no locks, so it is held elsewhere; the kernel releases it with its holder.</summary>
sealed class AgentLock : IDisposable
{
    const string Directory = "/run/skep";

    readonly FileStream _file;

    AgentLock(FileStream file) => _file = file;

    /// <exception cref="BpfException">Another agent holds it; the message names the other's pid.</exception>
    public static AgentLock Take(string pinDirectory)
    {
        var path = PathOf(pinDirectory);
        System.IO.Directory.CreateDirectory(Directory);
        FileStream file;
        try
        {
            // FileShare.None is flock(LOCK_EX).
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (WriterOf(path) is { } pid)
        {
            throw new BpfException($"another agent, pid {pid}, is in charge of {pinDirectory}: end that one first, or use another pin directory", error);
        }
        file.SetLength(0);
        file.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n")));
        file.Flush();
        return new AgentLock(file);
    }

    /// <summary>The pid of the agent in charge of a pin directory; null when there is none.</summary>
    public static int? HolderOf(string pinDirectory)
    {
        var path = PathOf(pinDirectory);
        try
        {
            using var free = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.None);
            return null;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return null;
        }
        catch (IOException)
        {
            return int.TryParse(WriterOf(path), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : null;
        }
    }

    /// <summary>Leaves nothing behind, once nothing is to be in charge of any more.</summary>
    public void Remove() => File.Delete(_file.Name);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    static string PathOf(string pinDirectory) =>
        Path.Combine(Directory, $"{Path.GetFullPath(pinDirectory).Trim('/').Replace('/', '-')}.lock");

    // Not by a stream, which would want a lock of its own.
    static string? WriterOf(string path)
    {
        var buffer = new byte[32];
        var length = Libc.TryReadFile(path, buffer);
        return length < 0 ? null : Encoding.ASCII.GetString(buffer, 0, length).Trim() is { Length: > 0 } pid ? pid : "unknown";
    }
}
