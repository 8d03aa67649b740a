namespace Skep.Bpf;

/// <summary>Which event runs a <see cref="ProgramType.PerfEvent"/> program, and how often. The default is a CPU clock at 99 Hz.</summary>
public sealed record PerfEventOptions
{
    /// <summary><c>perf_event_attr.type</c>: 0 hardware, 1 software, 3 cache, 4 raw, or the number of a PMU.</summary>
    public uint Type { get; init; } = Interop.PerfEvent.TypeSoftware;

    /// <summary><c>perf_event_attr.config</c>: the event; the default is the CPU clock.</summary>
    public ulong Config { get; init; } = Interop.PerfEvent.SoftwareCpuClock;

    /// <summary>Samples a second, up to <c>kernel.perf_event_max_sample_rate</c>; ignored when <see cref="Period"/> is set.</summary>
    public ulong Frequency { get; init; } = 99;

    /// <summary>Events between two samples; for clocks nanoseconds. 0 samples by <see cref="Frequency"/>.</summary>
    public ulong Period { get; init; }

    /// <summary>The only thread, or -1 for all.</summary>
    public int ProcessId { get; init; } = -1;

    /// <summary>Do not sample while the CPU is idle.</summary>
    public bool ExcludeIdle { get; init; }

    /// <summary>What <c>bpf_get_attach_cookie</c> returns. Requires at least Linux 5.15 when not 0.</summary>
    public ulong Cookie { get; init; }
}
