namespace Skep.Bpf;

/// <summary>How a lookup copies the value.</summary>
[Flags]
public enum MapLookupFlags : ulong
{
    /// <summary>No flag.</summary>
    None = 0,
    /// <summary><c>BPF_F_LOCK</c>: hold the value's <c>bpf_spin_lock</c> while copying. Requires at least Linux 5.1.</summary>
    Lock = 1 << 2,
}
