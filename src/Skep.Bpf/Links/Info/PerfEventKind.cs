namespace Skep.Bpf;

/// <summary>What a perf event link is attached to (include/uapi/linux/bpf.h: <c>enum bpf_perf_event_type</c>).</summary>
public enum PerfEventKind
{
    /// <summary>Not reported: the kernel is older than Linux 6.6.</summary>
    Unspecified = 0,
    /// <summary><c>BPF_PERF_EVENT_UPROBE</c>.</summary>
    Uprobe = 1,
    /// <summary><c>BPF_PERF_EVENT_URETPROBE</c>.</summary>
    Uretprobe = 2,
    /// <summary><c>BPF_PERF_EVENT_KPROBE</c>.</summary>
    Kprobe = 3,
    /// <summary><c>BPF_PERF_EVENT_KRETPROBE</c>.</summary>
    Kretprobe = 4,
    /// <summary><c>BPF_PERF_EVENT_TRACEPOINT</c>.</summary>
    Tracepoint = 5,
    /// <summary><c>BPF_PERF_EVENT_EVENT</c>: a counter or sampler.</summary>
    Event = 6,
}
