using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>What can be seen of this process's permission to use eBPF.</summary>
public sealed record PermissionFacts
{
    /// <summary>Effective capabilities.</summary>
    public required CapabilitySet Capabilities { get; init; }

    /// <summary><c>kernel.unprivileged_bpf_disabled</c>: 0 allowed, 1 forbidden until reboot, 2 forbidden; null when unknown.</summary>
    public int? UnprivilegedBpfDisabled { get; init; }

    /// <summary>The lockdown mode: <c>none</c>, <c>integrity</c>, <c>confidentiality</c>; null when it cannot be seen.</summary>
    public string? Lockdown { get; init; }

    /// <summary>Active security modules, or null.</summary>
    public string? SecurityModules { get; init; }

    /// <summary>Whether a seccomp filter is in force.</summary>
    public bool HasSeccompFilter { get; init; }

    /// <summary>Whether the process lives in a user namespace other than the first.</summary>
    public bool IsInUserNamespace { get; init; }

    /// <summary>The running kernel.</summary>
    public required KernelVersion Kernel { get; init; }

    /// <summary>The soft limit of locked memory in bytes; <see cref="ulong.MaxValue"/> for none.</summary>
    public ulong LockedMemoryLimit { get; init; } = ulong.MaxValue;

    /// <summary>Reads the facts of the calling process from <c>/proc</c> and <c>/sys</c>; what cannot be read stays unknown.</summary>
    public static PermissionFacts Read() => new()
    {
        Capabilities = CapabilitySet.Effective,
        UnprivilegedBpfDisabled = KernelFile.TryReadNumber("/proc/sys/kernel/unprivileged_bpf_disabled"),
        Lockdown = SecurityFile.TryRead("lockdown") is { } modes ? SelectedMode(modes) : null,
        SecurityModules = SecurityFile.TryRead("lsm"),
        HasSeccompFilter = KernelFile.TryRead("/proc/thread-self/status")?.Contains("Seccomp:\t2", StringComparison.Ordinal) == true,
        IsInUserNamespace = KernelFile.TryRead("/proc/self/uid_map") is { } map && map.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is not ["0", "0", "4294967295"],
        Kernel = KernelVersion.Running,
        LockedMemoryLimit = LockedMemory.SoftLimit,
    };

    /// <summary><c>none [integrity] confidentiality</c> ⇒ <c>integrity</c>.</summary>
    internal static string? SelectedMode(string modes)
    {
        var open = modes.IndexOf('[', StringComparison.Ordinal);
        var close = modes.IndexOf(']', StringComparison.Ordinal);
        return open >= 0 && close > open ? modes[(open + 1)..close] : null;
    }
}
