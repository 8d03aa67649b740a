namespace Skep.Bpf;

/// <summary>Why the kernel answered EPERM.</summary>
public enum PermissionCause
{
    /// <summary>Nothing that can be seen from here explains it; a security module or a seccomp filter is the likely cause.</summary>
    Unknown,
    /// <summary>The process lacks a capability that this kind of program needs.</summary>
    MissingCapability,
    /// <summary>The process has the capability only inside a user namespace.</summary>
    UserNamespace,
    /// <summary><c>RLIMIT_MEMLOCK</c> is too small (kernels before 5.11 only).</summary>
    MemoryLimit,
    /// <summary>Kernel lockdown forbids it.</summary>
    Lockdown,
    /// <summary>The kernel refuses every program that needs a trampoline – fentry, fexit, fmod_ret, LSM, freplace – while other tracing programs load.</summary>
    TrampolinesRefused,
    /// <summary>A seccomp filter is in force.</summary>
    Seccomp,
}
