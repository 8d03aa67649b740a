using Microsoft.Win32.SafeHandles;

namespace Skep.Bpf.Interop;

/// <summary>An owned file descriptor, closed exactly once.</summary>
sealed class FileDescriptor : SafeHandleMinusOneIsInvalid
{
    public FileDescriptor(int fd) : base(ownsHandle: true) => SetHandle(fd);

    /// <summary>The number, for attributes that the kernel reads; valid while this object lives.</summary>
    public int Value => IsClosed ? throw new ObjectDisposedException(nameof(FileDescriptor)) : (int)handle;

    /// <summary>A second descriptor of the same open file, close-on-exec.</summary>
    public FileDescriptor Duplicate() => new(Libc.CheckedFd(Libc.Fcntl(Value, Libc.F_DUPFD_CLOEXEC, 3), "fcntl(F_DUPFD_CLOEXEC)"));

    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;
}
