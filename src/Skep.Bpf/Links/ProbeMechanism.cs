namespace Skep.Bpf;

/// <summary>How a single kprobe or uprobe is created.</summary>
public enum ProbeMechanism
{
    /// <summary>The perf PMU where there is one, else tracefs.</summary>
    Automatic,
    /// <summary>The perf PMU. Requires at least Linux 4.17.</summary>
    PerfEvent,
    /// <summary>An entry in <c>kprobe_events</c> or <c>uprobe_events</c> of tracefs, as kernels before 4.17 need; removed on dispose.</summary>
    TraceFs,
}
