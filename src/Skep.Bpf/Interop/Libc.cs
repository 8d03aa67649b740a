using System.Runtime.InteropServices;

namespace Skep.Bpf.Interop;

/// <summary>The C library calls that the eBPF library needs beside <c>bpf(2)</c>.</summary>
static unsafe partial class Libc
{
    public const int F_DUPFD_CLOEXEC = 1030;
    public const int O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0x40, O_CLOEXEC = 0x80000, O_PATH = 0x200000;
    public const int PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2;
    public const int MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_FIXED = 0x10, MAP_ANONYMOUS = 0x20, MAP_FIXED_NOREPLACE = 0x100000;

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Fcntl(int fd, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Ioctl(int fd, nuint request, nint argument);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int fd, void* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial void* Mmap(void* address, nuint length, int protection, int flags, int fd, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    public static partial int Munmap(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Mount(string source, string target, string fileSystem, nuint flags, string? data);

    /// <summary>Reads up to <paramref name="buffer"/>'s length; retries when a signal interrupts.</summary>
    public static int Read(FileDescriptor fd, Span<byte> buffer)
    {
        fixed (byte* pointer = buffer)
        {
            while (true)
            {
                var count = Read(fd.Value, pointer, (nuint)buffer.Length);
                if (count >= 0) return (int)count;
                var errno = Marshal.GetLastPInvokeError();
                if (errno != Errno.EINTR) throw new BpfSyscallException("read", errno);
            }
        }
    }

    /// <summary>Wraps a call's result as a descriptor, or throws with the errno of that call.</summary>
    public static FileDescriptor OwnedFd(int result, string operation) => new(CheckedFd(result, operation));

    public static int CheckedFd(int result, string operation) =>
        result >= 0 ? result : throw new BpfSyscallException(operation, Marshal.GetLastPInvokeError());

    public static void Check(int result, string operation)
    {
        if (result < 0) throw new BpfSyscallException(operation, Marshal.GetLastPInvokeError());
    }
}
