using System.Runtime.InteropServices;

namespace Skep.Bpf.Interop;

static unsafe partial class Libc
{
    const int CLOCK_REALTIME = 0, CLOCK_MONOTONIC = 1, CLOCK_BOOTTIME = 7;

    [StructLayout(LayoutKind.Sequential)]
    struct Timespec
    {
        public long Seconds, Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    private static partial int ClockGetTime(int clock, Timespec* time);

    /// <summary>Nanoseconds since boot, time asleep included: the clock of <c>load_time</c> and <c>bpf_ktime_get_boot_ns</c>.</summary>
    public static ulong BootTime => Now(CLOCK_BOOTTIME);

    /// <summary>Nanoseconds since boot, time asleep excluded: the clock of <c>bpf_ktime_get_ns</c>.</summary>
    public static ulong MonotonicTime => Now(CLOCK_MONOTONIC);

    /// <summary>Nanoseconds since 1970.</summary>
    public static ulong TimeOfDay => Now(CLOCK_REALTIME);

    static ulong Now(int clock)
    {
        Timespec time;
        Check(ClockGetTime(clock, &time), "clock_gettime");
        return (ulong)time.Seconds * 1_000_000_000 + (ulong)time.Nanoseconds;
    }
}
