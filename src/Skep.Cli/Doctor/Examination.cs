using System.Globalization;
using Skep.Bpf;
using Skep.Cli.Bpf;

namespace Skep.Cli.Doctor;

/// <summary>Runs all checks.</summary>
static class Examination
{
    static readonly Capability[] s_capabilities =
    [
        Capability.Bpf, Capability.Perfmon, Capability.NetAdmin, Capability.SysAdmin, Capability.SysPtrace, Capability.SysResource, Capability.Syslog,
    ];

    public static DoctorReport Run()
    {
        var settings = KernelSettings.Read();
        var findings = DoctorCatalogue.All.Select(check => Find(check, settings)).ToList();
        return new DoctorReport
        {
            CanRun = !findings.Any(f => f.Essential == true && f.Status == "missing"),
            Kernel = settings.Release,
            Architecture = settings.Architecture.ToString().ToLowerInvariant(),
            Jit = settings.Jit.ToString().ToLowerInvariant(),
            JitHardening = settings.JitHardening,
            Lockdown = settings.Lockdown.ToString().ToLowerInvariant(),
            ActiveLsms = settings.ActiveSecurityModules,
            Btf = Features.Kernel(BpfFeature.KernelBtf).IsPresent,
            User = UserId(),
            Capabilities = s_capabilities.ToDictionary(CapabilitySet.NameOf, settings.Capabilities.Contains),
            UnprivilegedBpfDisabled = settings.UnprivilegedBpfDisabled,
            KptrRestrict = settings.KernelPointerRestriction,
            PerfEventParanoid = settings.PerfEventParanoia,
            MemlockLimit = settings.IsLockedMemoryUnlimited ? "unlimited" : settings.LockedMemoryLimit?.ToString(CultureInfo.InvariantCulture),
            Cgroup2 = settings.Cgroup2Path,
            Cgroup1 = [.. settings.Cgroup1Mounts.Select(m => m.Path)],
            Bpffs = [.. settings.Mounts.Where(m => m.FileSystem == "bpf").Select(m => m.Path).Distinct()],
            Tracefs = settings.Mounts.FirstOrDefault(m => m.FileSystem == "tracefs")?.Path,
            Features = findings,
        };
    }

    static DoctorFinding Find(DoctorCheck check, KernelSettings settings)
    {
        var answer = check.Probe();
        var finding = new DoctorFinding
        {
            Group = check.Group,
            Name = check.Name,
            Status = answer.Status.ToString().ToLowerInvariant(),
            Since = answer.Since == default ? null : answer.Since.Series,
            Essential = check.IsEssential ? true : null,
            Why = answer.Reason.Length > 0 ? answer.Reason : null,
        };
        return answer.IsPresent
            ? finding
            : finding with { Cause = KernelNames.Snake(answer.Cause.ToString()), Lost = check.Loss, Remedy = Remedy(check, answer, settings) };
    }

    static string? Remedy(DoctorCheck check, FeatureSupport answer, KernelSettings settings) => answer.Cause switch
    {
        FeatureCause.Capability => "run as root, or give the process the capabilities named (systemd: AmbientCapabilities=)",
        FeatureCause.Lockdown => $"boot without lockdown={settings.Lockdown.ToString().ToLowerInvariant()} (secure boot may turn it on)",
        FeatureCause.TrampolinesRefused => check.Remedy ?? "use tracepoints or cgroup hooks, or a kernel that lets eBPF patch functions",
        FeatureCause.TooOld => answer.Since == default ? "a newer kernel" : $"Linux {answer.Since.Series} or newer",
        FeatureCause.Disabled => check.Remedy ?? "turn it on as said",
        FeatureCause.NotBuilt => check.Remedy ?? "a kernel that is built with it",
        FeatureCause.Driver => "a device whose driver supports it",
        _ => check.Remedy,
    };

    static uint UserId()
    {
        const string Prefix = "Uid:";
        var line = File.Exists("/proc/self/status") ? File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith(Prefix, StringComparison.Ordinal)) : null;
        var effective = line?.Split('\t', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(2);
        return uint.TryParse(effective, NumberStyles.None, CultureInfo.InvariantCulture, out var uid) ? uid : uint.MaxValue;
    }
}
