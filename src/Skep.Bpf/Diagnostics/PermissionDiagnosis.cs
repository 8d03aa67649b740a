namespace Skep.Bpf;

/// <summary>The cause of an EPERM, found from what can be seen, and what to do about it.</summary>
/// <param name="Cause">The cause.</param>
/// <param name="Explanation">The cause in plain words.</param>
/// <param name="Remedy">What to do.</param>
/// <param name="MissingCapabilities">The capabilities that are needed and not held.</param>
public sealed record PermissionDiagnosis(PermissionCause Cause, string Explanation, string Remedy, IReadOnlyList<Capability> MissingCapabilities)
{
    // Before 5.11 the memory of maps and programs counted against RLIMIT_MEMLOCK (kernel/bpf/syscall.c: bpf_map_charge_memlock, removed in 5.11).
    static readonly KernelVersion s_withoutMemlock = new(5, 11, 0);
    static readonly KernelVersion s_splitCapabilities = new(5, 8, 0);

    /// <summary>Explains why loading a program of a kind was refused with EPERM and an empty log.</summary>
    /// <param name="type">The program's type.</param>
    /// <param name="attachType">Its expected attach type.</param>
    /// <param name="facts">What is known about this process and kernel.</param>
    /// <param name="otherTracingLoads">Tells whether a tracing program that needs no trampoline loads; only asked when that decides.</param>
    public static PermissionDiagnosis ForProgram(ProgramType type, AttachType attachType, PermissionFacts facts, Func<bool> otherTracingLoads)
    {
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(otherTracingLoads);
        return ForCapabilities(NeededFor(type), $"a program of type {type}", facts)
            ?? ForMemory(facts)
            ?? (UsesTrampoline(type, attachType) && otherTracingLoads() ? TrampolinesRefused(type, attachType) : null)
            ?? ForRest(facts);
    }

    /// <summary>Explains why an operation other than loading a program was refused with EPERM.</summary>
    /// <param name="what">What was tried, for example <c>creating a map</c>.</param>
    /// <param name="needed">The capabilities that the operation asks for.</param>
    /// <param name="facts">What is known about this process and kernel.</param>
    public static PermissionDiagnosis ForOperation(string what, IReadOnlyList<Capability> needed, PermissionFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return ForCapabilities(needed, what, facts) ?? ForMemory(facts) ?? ForRest(facts);
    }

    /// <summary>The capabilities that loading a program of a type needs since Linux 5.8 (kernel/bpf/syscall.c: is_net_admin_prog_type, is_perfmon_prog_type).</summary>
    public static IReadOnlyList<Capability> NeededFor(ProgramType type) => type switch
    {
        ProgramType.SocketFilter or ProgramType.CgroupSkb or ProgramType.SkReuseport or ProgramType.Syscall or ProgramType.SkLookup => [Capability.Bpf],
        ProgramType.Kprobe or ProgramType.Tracepoint or ProgramType.PerfEvent or ProgramType.RawTracepoint or ProgramType.RawTracepointWritable
            or ProgramType.Tracing or ProgramType.Lsm => [Capability.Bpf, Capability.Perfmon],
        ProgramType.StructOps or ProgramType.Extension => [Capability.Bpf, Capability.Perfmon, Capability.NetAdmin],
        ProgramType.Unspecified => [Capability.Bpf],
        _ => [Capability.Bpf, Capability.NetAdmin],
    };

    /// <summary>Whether the kernel must patch a function (or another program) to run programs of this kind.</summary>
    public static bool UsesTrampoline(ProgramType type, AttachType attachType) => type switch
    {
        ProgramType.Lsm or ProgramType.Extension => true,
        ProgramType.Tracing => attachType is AttachType.TraceFentry or AttachType.TraceFexit or AttachType.ModifyReturn,
        _ => false,
    };

    static PermissionDiagnosis? ForCapabilities(IReadOnlyList<Capability> needed, string what, PermissionFacts facts)
    {
        var asked = facts.Kernel < s_splitCapabilities && facts.Kernel != default ? [Capability.SysAdmin] : needed;
        var missing = asked.Where(capability => !facts.Capabilities.Grants(capability)).ToList();
        if (missing.Count > 0)
        {
            var names = string.Join(" and ", missing.Select(CapabilitySet.NameOf));
            var sysctl = missing.Contains(Capability.Bpf) && facts.UnprivilegedBpfDisabled is > 0
                ? $", and kernel.unprivileged_bpf_disabled={facts.UnprivilegedBpfDisabled} leaves nothing to users without it"
                : "";
            return new(PermissionCause.MissingCapability, $"{what} needs {names}, which this process lacks{sysctl}",
                $"run as root, or grant it: setcap {string.Join(',', missing.Select(c => CapabilitySet.NameOf(c).ToLowerInvariant()))}+ep FILE, AmbientCapabilities= in a systemd unit", missing);
        }
        return facts.IsInUserNamespace
            ? new(PermissionCause.UserNamespace, "this process has its capabilities only inside a user namespace, where they do not count for eBPF",
                "run it in the first user namespace, or mount a BPF file system with delegate_* options there and load with a token from it (Linux 6.9)", [])
            : null;
    }

    static PermissionDiagnosis? ForMemory(PermissionFacts facts) =>
        facts.Kernel != default && facts.Kernel < s_withoutMemlock && facts.LockedMemoryLimit < 64 << 20
            ? new(PermissionCause.MemoryLimit,
                $"Linux {facts.Kernel} counts eBPF memory against RLIMIT_MEMLOCK, which is {facts.LockedMemoryLimit >> 10} KiB and could not be raised",
                "raise it: ulimit -l unlimited, or LimitMEMLOCK=infinity in a systemd unit", [])
            : null;

    static PermissionDiagnosis TrampolinesRefused(ProgramType type, AttachType attachType) =>
        new(PermissionCause.TrampolinesRefused,
            $"this kernel refuses trampolines: {Describe(type, attachType)} programs are not accepted although other tracing programs load and every needed capability is there",
            "use a BTF-typed tracepoint (tp_btf), a raw tracepoint, a cgroup or network hook, or another kernel (hypervisors that guard kernel text refuse to patch functions)", []);

    static PermissionDiagnosis ForRest(PermissionFacts facts)
    {
        if (facts.HasSeccompFilter)
        {
            return new(PermissionCause.Seccomp, "a seccomp filter is in force and every needed capability is there",
                "allow bpf(2) and perf_event_open(2) in the container's seccomp profile", []);
        }
        if (facts.Lockdown is "confidentiality")
        {
            return new(PermissionCause.Lockdown, "kernel lockdown is in confidentiality mode, which keeps eBPF from reading kernel memory",
                "boot without lockdown=confidentiality (secure boot may set it)", []);
        }
        var modules = facts.SecurityModules is { Length: > 0 } names ? $" (active security modules: {names})" : "";
        var lockdown = facts.Lockdown is null or "none" ? "" : $", lockdown is in {facts.Lockdown} mode";
        return new(PermissionCause.Unknown,
            $"every needed capability is there{lockdown}; a security module's policy{modules} or the kernel's configuration forbids it",
            "look for a denial in the audit log (ausearch -m avc, dmesg)", []);
    }

    static string Describe(ProgramType type, AttachType attachType) => (type, attachType) switch
    {
        (ProgramType.Lsm, _) => "LSM",
        (ProgramType.Extension, _) => "freplace",
        (_, AttachType.TraceFentry) => "fentry",
        (_, AttachType.TraceFexit) => "fexit",
        (_, AttachType.ModifyReturn) => "fmod_ret",
        _ => type.ToString(),
    };
}
