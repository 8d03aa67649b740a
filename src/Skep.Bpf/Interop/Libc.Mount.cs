using System.Runtime.InteropServices;

namespace Skep.Bpf.Interop;

static unsafe partial class Libc
{
    // Numbers of system calls since 5.0 are the same on every architecture.
    const int SYS_fsopen = 430, SYS_fsconfig = 431, SYS_fsmount = 432;
    const uint FSOPEN_CLOEXEC = 1, FSCONFIG_CMD_CREATE = 6, FSMOUNT_CLOEXEC = 1;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(nint number, nint first, nint second, nint third, nint fourth, nint fifth);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Syscall(nint number, string first, nint second);

    /// <summary>
    /// Makes a mount of a pseudo file system that no path leads to: its files are read below <c>/proc/self/fd/N</c> and nothing is left behind.
    /// Null when the kernel lacks the file system or the permission. Requires at least Linux 5.2.
    /// </summary>
    public static FileDescriptor? TryMountDetached(string fileSystem)
    {
        var opened = (int)Syscall(SYS_fsopen, fileSystem, (nint)FSOPEN_CLOEXEC);
        if (opened < 0) return null;
        using var context = new FileDescriptor(opened);
        if (Syscall(SYS_fsconfig, opened, (nint)FSCONFIG_CMD_CREATE, 0, 0, 0) < 0) return null;
        var mount = (int)Syscall(SYS_fsmount, opened, (nint)FSMOUNT_CLOEXEC, 0, 0, 0);
        return mount < 0 ? null : new FileDescriptor(mount);
    }
}
