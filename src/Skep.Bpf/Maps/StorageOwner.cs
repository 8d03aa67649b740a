using System.Net.Sockets;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A kernel object that local storage hangs on, held by a descriptor: the key of a <see cref="LocalStorage{T}"/> element.</summary>
public sealed class StorageOwner : IDisposable
{
    StorageOwner(FileDescriptor fd) => Fd = fd;

    internal FileDescriptor Fd { get; }

    /// <summary>A process, or rather its main thread, for task storage. Requires at least Linux 5.3.</summary>
    public static StorageOwner Process(int pid) => new(Libc.PidfdOpen(pid));

    /// <summary>A directory of a cgroup2 file system, for cgroup storage.</summary>
    public static StorageOwner Cgroup(string path) => Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC);

    /// <summary>The inode of a file or directory, for inode storage.</summary>
    public static StorageOwner Inode(string path) => Open(path, Libc.O_RDONLY | Libc.O_CLOEXEC);

    /// <summary>A socket, for socket storage; the caller keeps the socket.</summary>
    public static StorageOwner Socket(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        var fd = Libc.Fcntl((int)socket.Handle, Libc.F_DUPFD_CLOEXEC, 3);
        GC.KeepAlive(socket);
        return new StorageOwner(Libc.OwnedFd(fd, "duplicate socket"));
    }

    /// <inheritdoc/>
    public void Dispose() => Fd.Dispose();

    static StorageOwner Open(string path, int flags) => new(Libc.OwnedFd(Libc.Open(path, flags, 0), $"open '{path}'"));
}
