using System.Runtime.InteropServices;

namespace Skep.Bpf.Interop;

/// <summary><c>struct perf_event_attr</c> (include/uapi/linux/perf_event.h), up to its seventh version; older kernels accept it while the tail is zero.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
struct PerfEventAttr
{
    [FieldOffset(0)] public uint Type;
    [FieldOffset(4)] public uint Size;
    [FieldOffset(8)] public ulong Config;
    [FieldOffset(16)] public ulong SamplePeriodOrFrequency;
    [FieldOffset(24)] public ulong SampleType;
    [FieldOffset(32)] public ulong ReadFormat;
    [FieldOffset(40)] public PerfEventFlags Flags;
    /// <summary>Events, or with <see cref="PerfEventFlags.Watermark"/> bytes, between two wake-ups.</summary>
    [FieldOffset(48)] public uint WakeupEvents;
    [FieldOffset(52)] public uint BreakpointType;
    /// <summary><c>config1</c>: for kprobe and uprobe events the address of the function's name or the file's path.</summary>
    [FieldOffset(56)] public ulong Config1;
    /// <summary><c>config2</c>: for kprobe and uprobe events the address or the offset.</summary>
    [FieldOffset(64)] public ulong Config2;
    [FieldOffset(72)] public ulong BranchSampleType;
    [FieldOffset(80)] public ulong SampleRegistersUser;
    [FieldOffset(88)] public uint SampleStackUser;
    [FieldOffset(92)] public int ClockId;
    [FieldOffset(96)] public ulong SampleRegistersInterrupt;
    [FieldOffset(104)] public uint AuxWatermark;
    [FieldOffset(108)] public ushort SampleMaxStack;
    [FieldOffset(112)] public uint AuxSampleSize;
    [FieldOffset(120)] public ulong SignalData;
}

/// <summary>The bit field of <c>struct perf_event_attr</c>, those bits that we use.</summary>
[Flags]
enum PerfEventFlags : ulong
{
    None = 0,
    Disabled = 1 << 0,
    Inherit = 1 << 1,
    ExcludeUser = 1 << 4,
    ExcludeKernel = 1 << 5,
    ExcludeHypervisor = 1 << 6,
    ExcludeIdle = 1 << 7,
    Frequency = 1 << 10,
    Watermark = 1 << 14,
    SampleIdAll = 1 << 18,
    UseClockId = 1 << 25,
}

/// <summary><c>perf_event_open(2)</c> and the ioctls of its descriptors.</summary>
static unsafe partial class PerfEvent
{
    /// <summary><c>enum perf_type_id</c>.</summary>
    public const uint TypeHardware = 0, TypeSoftware = 1, TypeTracepoint = 2, TypeHardwareCache = 3, TypeRaw = 4, TypeBreakpoint = 5;

    /// <summary><c>enum perf_sw_ids</c>.</summary>
    public const ulong SoftwareCpuClock = 0, SoftwareTaskClock = 1, SoftwareDummy = 9, SoftwareBpfOutput = 10;

    /// <summary><c>enum perf_event_sample_format</c>.</summary>
    public const ulong SampleTime = 1 << 2, SampleRaw = 1 << 10;

    /// <summary><c>PERF_FLAG_FD_CLOEXEC</c> of the system call.</summary>
    public const uint FlagCloseOnExec = 1 << 3;

    public const uint IoctlEnable = 0x2400, IoctlDisable = 0x2401, IoctlSetFilter = 0x40082406, IoctlSetBpf = 0x40042408, IoctlPauseOutput = 0x40042409,
        IoctlQueryBpf = 0xc008240a;

    static readonly nint s_number = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 298,
        Architecture.Arm64 => 241,
        var other => throw new PlatformNotSupportedException($"perf_event_open(2) has no known number on {other}"),
    };

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint RawSyscall(nint number, PerfEventAttr* attr, int pid, int cpu, int groupFd, nuint flags);

    /// <summary>Opens an event. Returns the new descriptor or the negated errno; <paramref name="attr"/>'s size is filled in.</summary>
    /// <param name="attr">What to count or sample.</param>
    /// <param name="pid">A thread, 0 for this one, -1 for all.</param>
    /// <param name="cpu">A CPU, or -1 for any.</param>
    public static int TryOpen(ref PerfEventAttr attr, int pid, int cpu)
    {
        attr.Size = (uint)sizeof(PerfEventAttr);
        fixed (PerfEventAttr* pointer = &attr)
        {
            var result = RawSyscall(s_number, pointer, pid, cpu, -1, FlagCloseOnExec);
            return result >= 0 ? (int)result : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>As <see cref="TryOpen"/>, but throws when the kernel refuses.</summary>
    public static FileDescriptor Open(ref PerfEventAttr attr, int pid, int cpu, string operation)
    {
        var result = TryOpen(ref attr, pid, cpu);
        return result >= 0 ? new FileDescriptor(result) : throw new BpfSyscallException(operation, -result);
    }

    /// <summary>Starts counting and sampling.</summary>
    public static void Enable(FileDescriptor fd) => Libc.Check(Libc.Ioctl(fd.Value, IoctlEnable, 0), "enable perf event");

    /// <summary>Stops counting and sampling.</summary>
    public static void Disable(FileDescriptor fd) => Libc.Check(Libc.Ioctl(fd.Value, IoctlDisable, 0), "disable perf event");

    /// <summary>Runs a program at every overflow or hit of the event.</summary>
    public static void SetBpf(FileDescriptor fd, FileDescriptor program, string operation) =>
        Libc.Check(Libc.Ioctl(fd.Value, IoctlSetBpf, program.Value), operation);
}
