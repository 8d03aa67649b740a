using System.Globalization;
using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>The switches of the running system that decide what eBPF may do, as they are now. What cannot be read is null.</summary>
public sealed record KernelSettings
{
    KernelSettings()
    {
        Jit = KernelFile.TryReadNumber("/proc/sys/net/core/bpf_jit_enable") switch { 0 => JitMode.Off, 1 => JitMode.On, 2 => JitMode.Debug, _ => JitMode.Unknown };
        JitHardening = KernelFile.TryReadNumber("/proc/sys/net/core/bpf_jit_harden");
        UnprivilegedBpfDisabled = KernelFile.TryReadNumber("/proc/sys/kernel/unprivileged_bpf_disabled");
        KernelPointerRestriction = KernelFile.TryReadNumber("/proc/sys/kernel/kptr_restrict");
        PerfEventParanoia = KernelFile.TryReadNumber("/proc/sys/kernel/perf_event_paranoid");
        StatisticsEnabled = KernelFile.TryReadNumber("/proc/sys/kernel/bpf_stats_enabled") is { } statistics ? statistics != 0 : null;
        Capabilities = CapabilitySet.Effective;
        (LockedMemoryLimit, IsLockedMemoryUnlimited) = ReadLockedMemory();
        Mounts = MountPoint.All();
        (Lockdown, ActiveSecurityModules) = ReadSecurity();
    }

    /// <summary>Release as <c>uname -r</c> prints it.</summary>
    public string Release { get; } = KernelVersion.Release;

    /// <summary>Machine architecture.</summary>
    public Architecture Architecture { get; } = RuntimeInformation.OSArchitecture;

    /// <summary>Whether eBPF is compiled.</summary>
    public JitMode Jit { get; }

    /// <summary><c>net.core.bpf_jit_harden</c>: 0 off, 1 for unprivileged programs, 2 for all.</summary>
    public int? JitHardening { get; }

    /// <summary>Lockdown; readable with securityfs.</summary>
    public LockdownMode Lockdown { get; }

    /// <summary>Active security modules in order; readable with securityfs.</summary>
    public IReadOnlyList<string>? ActiveSecurityModules { get; }

    /// <summary><c>kernel.unprivileged_bpf_disabled</c>: 0 allowed, 1 forbidden for good, 2 forbidden.</summary>
    public int? UnprivilegedBpfDisabled { get; }

    /// <summary><c>kernel.kptr_restrict</c>: 0 addresses visible, 1 with CAP_SYSLOG, 2 hidden.</summary>
    public int? KernelPointerRestriction { get; }

    /// <summary><c>kernel.perf_event_paranoid</c>.</summary>
    public int? PerfEventParanoia { get; }

    /// <summary><c>kernel.bpf_stats_enabled</c>.</summary>
    public bool? StatisticsEnabled { get; }

    /// <summary>Effective capabilities of this process.</summary>
    public CapabilitySet Capabilities { get; }

    /// <summary>Soft RLIMIT_MEMLOCK in bytes; it matters only before Linux 5.11.</summary>
    public ulong? LockedMemoryLimit { get; }

    /// <summary>Whether RLIMIT_MEMLOCK is infinite.</summary>
    public bool IsLockedMemoryUnlimited { get; }

    /// <summary>All mounts of this mount namespace.</summary>
    public IReadOnlyList<MountPoint> Mounts { get; }

    /// <summary>Where cgroup v2 is mounted, or null.</summary>
    public string? Cgroup2Path => Mounts.FirstOrDefault(m => m.FileSystem == "cgroup2")?.Path;

    /// <summary>Mounts of cgroup v1 hierarchies.</summary>
    public IEnumerable<MountPoint> Cgroup1Mounts => Mounts.Where(m => m.FileSystem == "cgroup");

    /// <summary>Reads everything anew.</summary>
    public static KernelSettings Read() => new();

    static (ulong?, bool) ReadLockedMemory()
    {
        const string Prefix = "Max locked memory";
        var line = KernelFile.TryRead("/proc/self/limits")?.Split('\n').FirstOrDefault(l => l.StartsWith(Prefix, StringComparison.Ordinal));
        var soft = line?[Prefix.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        if (soft == "unlimited") return (null, true);
        return (ulong.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : null, false);
    }

    static (LockdownMode, IReadOnlyList<string>?) ReadSecurity()
    {
        var modules = SecurityFile.TryRead("lsm")?.Split(',', StringSplitOptions.RemoveEmptyEntries);
        var lockdown = SecurityFile.TryRead("lockdown") is { } modes ? PermissionFacts.SelectedMode(modes) : null;
        return (lockdown switch
        {
            "none" => LockdownMode.None,
            "integrity" => LockdownMode.Integrity,
            "confidentiality" => LockdownMode.Confidentiality,
            _ => modules is not null && !modules.Contains("lockdown") ? LockdownMode.None : LockdownMode.Unknown,
        }, modules);
    }
}
