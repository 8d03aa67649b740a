namespace Skep.Bpf;

/// <summary>What an update may do (include/uapi/linux/bpf.h: <c>BPF_ANY</c>, <c>BPF_NOEXIST</c>, <c>BPF_EXIST</c>, <c>BPF_F_LOCK</c>).</summary>
[Flags]
public enum MapUpdateFlags : ulong
{
    /// <summary><c>BPF_ANY</c>: create the element or replace it.</summary>
    Any = 0,
    /// <summary><c>BPF_NOEXIST</c>: only create.</summary>
    NoExist = 1 << 0,
    /// <summary><c>BPF_EXIST</c>: only replace; for queues and stacks, drop the oldest element when full.</summary>
    Exist = 1 << 1,
    /// <summary><c>BPF_F_LOCK</c>: hold the value's <c>bpf_spin_lock</c> while copying. Requires at least Linux 5.1.</summary>
    Lock = 1 << 2,
}
