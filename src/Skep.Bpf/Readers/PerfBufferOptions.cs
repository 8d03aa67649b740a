namespace Skep.Bpf;

/// <summary>How a perf buffer is set up.</summary>
public sealed class PerfBufferOptions
{
    /// <summary>Pages of each CPU's ring: a power of two.</summary>
    public int PagesPerCpu { get; init; } = 16;

    /// <summary>Records on one CPU between two wake-ups. Every wake-up costs the program's CPU microseconds: above 1, poll with a timeout.</summary>
    public int WakeupEvents { get; init; } = 1;

    /// <summary>Bytes in one CPU's ring that make a wake-up, instead of <see cref="WakeupEvents"/>; 0 for none.</summary>
    public int WakeupBytes { get; init; }

    /// <summary>
    /// When set, records of all CPUs are handed out in the order of their time, and each is held back this long for the case that an older one
    /// of another CPU is still being written. A millisecond is far more than that takes. Requires at least Linux 4.1.
    /// </summary>
    public TimeSpan? OrderingWindow { get; init; }
}
