using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>
/// A BPF token: the permission to use parts of bpf(2) inside a user namespace, handed down through the mount options
/// (<c>delegate_cmds=</c>, <c>delegate_progs=</c> …) of a BPF file system. Requires at least Linux 6.9.
/// </summary>
public sealed class BpfToken : IDisposable
{
    BpfToken(FileDescriptor fd) => Fd = fd;

    internal FileDescriptor Fd { get; }

    /// <summary>Creates a token from a BPF file system that belongs to the caller's user namespace.</summary>
    /// <exception cref="BpfSyscallException">The kernel refused it; in the initial user namespace it always does (EOPNOTSUPP): nothing needs to be delegated there.</exception>
    public static BpfToken Create(string bpfFileSystem)
    {
        ArgumentNullException.ThrowIfNull(bpfFileSystem);
        using var directory = Libc.OwnedFd(Libc.Open(bpfFileSystem, Libc.O_RDONLY | Libc.O_CLOEXEC, 0), $"open {bpfFileSystem}");
        var attr = new TokenCreateAttr { BpffsFd = directory.Value };
        var result = BpfSyscall.Invoke(BpfCommand.TokenCreate, ref attr);
        return result >= 0 ? new BpfToken(new FileDescriptor(result)) : throw new BpfSyscallException($"create a BPF token from {bpfFileSystem}", -result, Explain(-result));
    }

    /// <inheritdoc/>
    public void Dispose() => Fd.Dispose();

    static string? Explain(int errno) => errno switch
    {
        Errno.EOPNOTSUPP => "tokens exist only inside user namespaces; here the capabilities themselves count",
        Errno.EINVAL => "this is not the root of a BPF file system, or the kernel is older than 6.9",
        Errno.ENOENT => "the BPF file system delegates nothing: mount it with delegate_cmds=, delegate_maps=, delegate_progs=, delegate_attachs=",
        Errno.EPERM => "the file system belongs to another user namespace, or CAP_BPF is missing in this one",
        _ => null,
    };
}
