namespace Skep.Bpf;

/// <summary>How far the kernel is locked down (security/lockdown, kernel_lockdown(7)).</summary>
public enum LockdownMode
{
    /// <summary>It could not be read.</summary>
    Unknown,
    /// <summary>Not built in, or off.</summary>
    None,
    /// <summary>User space may not change the running kernel: <c>bpf_probe_write_user</c> and <c>bpf_override_return</c>-like means are refused.</summary>
    Integrity,
    /// <summary>User space may not read the kernel's memory either: <c>bpf_probe_read_kernel</c>, kprobes and tracing programs are refused.</summary>
    Confidentiality,
}
