using System.Globalization;
using System.Text;
using Skep.Bpf.Interop;

namespace Skep.Agent;

/// <summary>
/// The directory of what the agent is to know after a restart, for root and one agent at a time. A file in it is either as before or as it was to become: it is written
/// beside, made durable, and renamed.
/// </summary>
public sealed class StateDirectory : IDisposable
{
    /// <summary>The file that the agent in charge of the directory holds a lock on.</summary>
    public const string LockName = "lock";

    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    readonly FileStream _lock;

    StateDirectory(string path, FileStream held) => (Path, _lock) = (path, held);

    /// <summary>Its path.</summary>
    public string Path { get; }

    /// <summary>Makes the directory if need be, and keeps other agents away from it.</summary>
    /// <exception cref="IOException">It cannot be had, or another agent has it; the message says which and what to do.</exception>
    public static StateDirectory Open(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        var file = System.IO.Path.Combine(full, LockName);
        try
        {
            if (!Directory.Exists(full)) Directory.CreateDirectory(full, OwnerOnly | UnixFileMode.UserExecute);
            var held = new FileStream(file, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, UnixCreateMode = OwnerOnly });
            held.SetLength(0);
            held.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n")));
            held.Flush();
            return new StateDirectory(full, held);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            var reason = HolderOf(full) is { } pid ? $"another agent, pid {pid}, keeps its state there" : error.Message;
            throw new IOException($"the state directory {full} cannot be used: {reason}; name another one with --state-directory, or 'none' to keep nothing", error);
        }
    }

    /// <summary>The pid of the agent that has a directory; null when none has.</summary>
    public static int? HolderOf(string path)
    {
        var file = System.IO.Path.Combine(path, LockName);
        try
        {
            using var free = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.None);
            return null;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return null;
        }
        catch (IOException)
        {
            // Read without a lock of its own.
            var buffer = new byte[32];
            var length = Libc.TryReadFile(file, buffer);
            return length > 0 && int.TryParse(Encoding.ASCII.GetString(buffer, 0, length), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var pid) ? pid : null;
        }
    }

    /// <summary>A file's content; null when there is none.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public byte[]? Read(string name)
    {
        try
        {
            return File.ReadAllBytes(PathOf(name));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Replaces a file.</summary>
    /// <exception cref="IOException">It cannot be written; it is as it was before.</exception>
    public void Write(string name, ReadOnlySpan<byte> content)
    {
        var (path, beside) = (PathOf(name), PathOf(name + ".new"));
        using (var file = new FileStream(beside, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.Read, UnixCreateMode = OwnerOnly }))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        File.Move(beside, path, overwrite: true);
        // The rename is durable once the directory is.
        Libc.SyncDirectory(Path);
    }

    /// <summary>Takes a file out of use, for somebody to look at; returns its new path.</summary>
    public string SetAside(string name)
    {
        var aside = PathOf(name + ".bad");
        File.Copy(PathOf(name), aside, overwrite: true);
        return aside;
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    string PathOf(string name) => System.IO.Path.Combine(Path, name);
}
