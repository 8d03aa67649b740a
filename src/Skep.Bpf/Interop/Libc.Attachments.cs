using System.Runtime.InteropServices;

namespace Skep.Bpf.Interop;

static unsafe partial class Libc
{
    public const int CLONE_NEWNET = 0x40000000;

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int CreateSocket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetSocketOption(int fd, int level, int name, void* value, uint length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(int fd, void* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    public static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    public static partial int EnterNamespace(int fd, int kind);

    public static void Send(FileDescriptor socket, ReadOnlySpan<byte> data, string operation)
    {
        fixed (byte* pointer = data)
        {
            if (Send(socket.Value, pointer, (nuint)data.Length, 0) < 0) throw new BpfSyscallException(operation, Marshal.GetLastPInvokeError());
        }
    }
}
