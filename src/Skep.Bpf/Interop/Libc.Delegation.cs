using System.Runtime.InteropServices;

namespace Skep.Bpf.Interop;

static unsafe partial class Libc
{
    const int SYS_pidfd_open = 434, SYS_pidfd_getfd = 438;
    const uint FSCONFIG_SET_STRING = 1;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Syscall(nint number, nint first, nint second, string third, string fourth, nint fifth);

    /// <summary>Begins to make a file system; it belongs to the caller's user namespace. Requires at least Linux 5.2.</summary>
    public static FileDescriptor OpenFileSystem(string name) => OwnedFd((int)Syscall(SYS_fsopen, name, (nint)FSOPEN_CLOEXEC), $"fsopen {name}");

    /// <summary>Sets a mount option of a file system in the making.</summary>
    public static void SetOption(FileDescriptor context, string option, string value) =>
        Check((int)Syscall(SYS_fsconfig, context.Value, (nint)FSCONFIG_SET_STRING, option, value, 0), $"set mount option {option}={value}");

    /// <summary>Creates the file system; no option can be set afterwards.</summary>
    public static void CreateFileSystem(FileDescriptor context) =>
        Check((int)Syscall(SYS_fsconfig, context.Value, (nint)FSCONFIG_CMD_CREATE, 0, 0, 0), "create a file system");

    /// <summary>Mounts the created file system where no path leads to.</summary>
    public static FileDescriptor MountDetached(FileDescriptor context) =>
        OwnedFd((int)Syscall(SYS_fsmount, context.Value, (nint)FSMOUNT_CLOEXEC, 0, 0, 0), "mount a file system");

    /// <summary>A copy of another process's descriptor, which takes the right to trace it. Requires at least Linux 5.6.</summary>
    public static FileDescriptor DescriptorOf(int processId, int descriptor)
    {
        using var process = OwnedFd((int)Syscall(SYS_pidfd_open, processId, 0, 0, 0, 0), $"open process {processId}");
        return OwnedFd((int)Syscall(SYS_pidfd_getfd, process.Value, descriptor, 0, 0, 0), $"take descriptor {descriptor} of process {processId}");
    }
}
