using System.Runtime.InteropServices;

namespace Skep.Bpf.Interop;

// What maps and readers need: descriptors of processes, waiting for several descriptors, waking a waiter.
static unsafe partial class Libc
{
    public const int EPOLL_CLOEXEC = 0x80000, EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2;
    public const uint EPOLLIN = 1, EPOLLOUT = 4;
    public const int EFD_CLOEXEC = 0x80000, EFD_NONBLOCK = 0x800;
    public const int O_DIRECTORY = 0x10000;

    // The same numbers on x86-64 and arm64: both took their newer system calls from the common table.
    const nint SysPidfdOpen = 434, SysEpollPwait2 = 441;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint PidfdOpenRaw(nint number, int pid, uint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint EpollPwait2Raw(nint number, int epoll, void* events, int count, TimeSpec* timeout, void* signalMask, nuint maskSize);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int EpollWaitRaw(int epoll, void* events, int count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(int epoll, int operation, int fd, void* change);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int fd, void* buffer, nuint count);

    /// <summary>A descriptor of a process, which stays its own after the number is reused. Requires at least Linux 5.3.</summary>
    public static FileDescriptor PidfdOpen(int pid) => OwnedFd((int)PidfdOpenRaw(SysPidfdOpen, pid, 0), $"open process {pid}");

    /// <summary>Waits for events; a negative timeout waits for ever. Returns the number of events, or the negated errno.</summary>
    public static int EpollWait(FileDescriptor epoll, void* events, int count, TimeSpan timeout)
    {
        var time = new TimeSpec { Seconds = timeout.Ticks / TimeSpan.TicksPerSecond, Nanoseconds = timeout.Ticks % TimeSpan.TicksPerSecond * 100 };
        var result = (int)EpollPwait2Raw(SysEpollPwait2, epoll.Value, events, count, timeout < TimeSpan.Zero ? null : &time, null, 0);
        if (result >= 0) return result;
        var errno = Marshal.GetLastPInvokeError();
        if (errno != Errno.ENOSYS) return -errno;
        // Before Linux 5.11 there are whole milliseconds only; rounded up, so that a short timeout does not become a busy loop.
        var milliseconds = timeout < TimeSpan.Zero ? -1 : (int)Math.Min(int.MaxValue, Math.Ceiling(timeout.TotalMilliseconds));
        result = EpollWaitRaw(epoll.Value, events, count, milliseconds);
        return result >= 0 ? result : -Marshal.GetLastPInvokeError();
    }

    [StructLayout(LayoutKind.Sequential)]
    struct TimeSpec
    {
        public long Seconds, Nanoseconds;
    }
}
