using System.Collections.Concurrent;
using Skep.Bpf;

namespace Skep.Testing;

/// <summary>Probes, once per process, what the running kernel offers to the tests.</summary>
public static class KernelFeatures
{
    static readonly ConcurrentDictionary<KernelFeature, Lazy<string?>> s_missing = new();

    /// <summary>The reason why <paramref name="feature"/> cannot be used here, or null when it can.</summary>
    public static string? WhyMissing(KernelFeature feature) =>
        s_missing.GetOrAdd(feature, static f => new Lazy<string?>(() => Probe(f))).Value;

    /// <summary>The first of <paramref name="needs"/> that is missing, as a test's reason to skip; null when all are here.</summary>
    public static string? WhySkipped(IEnumerable<KernelFeature> needs)
    {
        ArgumentNullException.ThrowIfNull(needs);
        foreach (var feature in needs)
        {
            if (WhyMissing(feature) is { } reason) return $"needs {feature}: {reason}";
        }
        return null;
    }

    static string? Probe(KernelFeature feature)
    {
        try
        {
            return feature switch
            {
                KernelFeature.Trampoline => AttachProbes.Trampoline(),
                KernelFeature.Freplace => WhyMissing(KernelFeature.Trampoline) is { } refused ? $"no trampolines ({refused})" : null,
                KernelFeature.Lsm => AttachProbes.Lsm(),
                KernelFeature.LsmCgroup => AttachProbes.LsmCgroup(),
                KernelFeature.Kprobe => AttachProbes.Kprobe(),
                KernelFeature.KprobeMulti => AttachProbes.KprobeMulti(AttachType.TraceKprobeMulti),
                KernelFeature.KprobeSession => AttachProbes.KprobeMulti(AttachType.TraceKprobeSession),
                KernelFeature.UprobeMulti => AttachProbes.UprobeMulti(AttachType.TraceUprobeMulti),
                KernelFeature.UprobeSession => AttachProbes.UprobeMulti(AttachType.TraceUprobeSession),
                KernelFeature.Tcx => AttachProbes.Device(AttachType.TcxIngress),
                KernelFeature.Netkit => AttachProbes.Device(AttachType.NetkitPrimary) ?? NetworkProbes.Netkit(),
                KernelFeature.Netfilter => AttachProbes.Netfilter(),
                KernelFeature.CgroupUnix => AttachProbes.CgroupUnix(),
                KernelFeature.SockmapLink => AttachProbes.SockmapLink(),
                KernelFeature.StructOps => MissingType("bpf_struct_ops_tcp_congestion_ops"),
                KernelFeature.StructOpsLink => MissingType("bpf_struct_ops_link"),
                KernelFeature.TaskKfuncs => MissingFunction("bpf_task_from_pid"),
                KernelFeature.OpenIterators => MissingFunction("bpf_iter_num_new"),
                KernelFeature.Arena => MapProbes.Arena(),
                KernelFeature.UserRingBuffer => MapProbes.UserRingBuffer(),
                KernelFeature.CgrpStorage => MapProbes.Storage(MapType.CgrpStorage),
                KernelFeature.InodeStorage => MapProbes.Storage(MapType.InodeStorage),
                KernelFeature.BloomFilter => MapProbes.BloomFilter(),
                KernelFeature.BpfToken => MapProbes.Token(),
                KernelFeature.Veth => NetworkProbes.Veth(),
                KernelFeature.NetNs => NetworkProbes.NetNs(),
                KernelFeature.SchedCls => NetworkProbes.SchedCls(),
                KernelFeature.SchedAct => NetworkProbes.SchedAct(),
                KernelFeature.UnprivilegedUserNs => UnprivilegedUserNs(),
                KernelFeature.ModuleBtf => Directory.EnumerateFiles("/sys/kernel/btf").Any(f => Path.GetFileName(f) != "vmlinux")
                    ? null
                    : "no module with BTF is loaded",
                KernelFeature.IpTool => Environment.GetEnvironmentVariable("PATH") is { } path
                    && path.Split(':').Any(p => File.Exists(Path.Combine(p, "ip"))) ? null : "no ip in PATH",
                KernelFeature.Runc => new[] { "/usr/sbin/runc", "/usr/bin/busybox" }.FirstOrDefault(f => !File.Exists(f)) is { } lacking ? $"no {lacking}" : null,
                KernelFeature.Podman => WhyMissing(KernelFeature.Runc) ?? (File.Exists("/usr/bin/podman") ? null : "no /usr/bin/podman"),
                KernelFeature.CompatibleCalls => CompatibleCalls.WhyNone,
                KernelFeature.Clang => Directory.Exists("/usr/bin") && Directory.EnumerateFiles("/usr/bin", "clang*").Any() ? null : "no clang in /usr/bin",
                _ => throw new ArgumentOutOfRangeException(nameof(feature), feature, "no probe"),
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or BpfException)
        {
            return e.Message;
        }
    }

    static string? MissingType(string name) => KernelTypes.Find(KernelTypes.Struct, name) > 0 ? null : $"kernel BTF has no struct {name}";

    static string? MissingFunction(string name) => KernelTypes.Find(KernelTypes.Function, name) > 0 ? null : $"kernel BTF has no function {name}";

    static string? UnprivilegedUserNs()
    {
        if (!File.Exists("/proc/self/ns/user")) return "no user namespaces";
        foreach (var setting in new[] { "/proc/sys/user/max_user_namespaces", "/proc/sys/kernel/unprivileged_userns_clone" })
        {
            if (File.Exists(setting) && File.ReadAllText(setting).Trim() == "0") return $"{setting} is 0";
        }
        return null;
    }
}
