namespace Skep.Bpf;

/// <summary>What an iterator walks, for targets that take a parameter: at most one of map, control group and task.</summary>
public sealed record IteratorOptions
{
    /// <summary>The map whose elements are walked; required by <c>iter/bpf_map_elem</c>, <c>iter/bpf_sk_storage_map</c>, <c>iter/sockmap</c>.</summary>
    public BpfMap? Map { get; init; }

    /// <summary>Directory of the control group to start from, for <c>iter/cgroup</c>. Requires at least Linux 6.1.</summary>
    public string? CgroupPath { get; init; }

    /// <summary>How control groups are walked.</summary>
    public CgroupIterationOrder CgroupOrder { get; init; } = CgroupIterationOrder.DescendantsPreOrder;

    /// <summary>Only this thread, for <c>iter/task*</c>; 0 for all. Requires at least Linux 6.1.</summary>
    public int ThreadId { get; init; }

    /// <summary>Only the threads of this process, for <c>iter/task*</c>; 0 for all. Requires at least Linux 6.1.</summary>
    public int ProcessId { get; init; }

    /// <summary>Name <see cref="ProcessId"/> to the kernel by a pid descriptor, so that it cannot be taken for a later process of the same number.</summary>
    public bool UsePidDescriptor { get; init; }
}
