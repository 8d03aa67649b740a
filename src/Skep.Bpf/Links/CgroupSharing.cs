namespace Skep.Bpf;

/// <summary>What a program without a link allows others to do (include/uapi/linux/bpf.h: <c>BPF_F_ALLOW_*</c>). Links always allow multiple.</summary>
public enum CgroupSharing
{
    /// <summary>No other program in the group or below it.</summary>
    Exclusive = 0,
    /// <summary>A descendant's program replaces this one there.</summary>
    Override = 1 << 0,
    /// <summary>All programs of the group and its ancestors run. Requires at least Linux 4.15.</summary>
    Multiple = 1 << 1,
}
