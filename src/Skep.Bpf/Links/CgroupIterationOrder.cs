namespace Skep.Bpf;

/// <summary>How an iterator walks control groups (include/uapi/linux/bpf.h: <c>enum bpf_cgroup_iter_order</c>). Requires at least Linux 6.1.</summary>
public enum CgroupIterationOrder
{
    /// <summary>Not a walk of control groups.</summary>
    Unspecified = 0,
    /// <summary>Only the named group.</summary>
    SelfOnly = 1,
    /// <summary>The group, then its descendants.</summary>
    DescendantsPreOrder = 2,
    /// <summary>Descendants first.</summary>
    DescendantsPostOrder = 3,
    /// <summary>The group, then its ancestors.</summary>
    AncestorsUp = 4,
    /// <summary>Only the group's children. Requires at least Linux 7.0.</summary>
    Children = 5,
}
