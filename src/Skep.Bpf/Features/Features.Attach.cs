using System.Runtime.InteropServices;
using Skep.Bpf.Instructions;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

public static partial class Features
{
    const uint Loopback = 1;
    const uint XdpGenericMode = 1 << 1, XdpDriverMode = 1 << 2;

    static FeatureSupport ProbeAttach(AttachFeature feature)
    {
        var name = $"attach {feature}";
        var release = FeatureReleases.Of(feature);
        return feature switch
        {
            AttachFeature.Tracepoint => AttachPerf(name, release, ProgramType.Tracepoint, OpenTracepoint),
            AttachFeature.RawTracepoint => AttachLoaded(name, release, ProgramType.RawTracepoint, null, fd => LinkSyscalls.OpenRawTracepoint(ProbeProgram.TracepointName, fd, cookie: 0)),
            AttachFeature.TypedTracepoint => AttachLoaded(name, release, ProgramType.Tracing, AttachType.TraceRawTp, OpenTarget),
            AttachFeature.Fentry => AttachLoaded(name, release, ProgramType.Tracing, AttachType.TraceFentry, OpenTarget, usesTrampoline: true),
            AttachFeature.Fexit => AttachLoaded(name, release, ProgramType.Tracing, AttachType.TraceFexit, OpenTarget, usesTrampoline: true),
            AttachFeature.ModifyReturn => AttachLoaded(name, release, ProgramType.Tracing, AttachType.ModifyReturn, OpenTarget, usesTrampoline: true),
            AttachFeature.Freplace => ProbeFreplace(name, release, attach: true),
            AttachFeature.Lsm => ActiveLsm(AttachLoaded(name, release, ProgramType.Lsm, AttachType.LsmMac, OpenTarget, usesTrampoline: true)),
            AttachFeature.LsmCgroup => ActiveLsm(LoadOnly(name, release, ProgramType.Lsm, AttachType.LsmCgroup, usesTrampoline: true)),
            AttachFeature.Kprobe => AttachPerf(name, release, ProgramType.Kprobe, () => OpenProbe("kprobe", ProbeProgram.TracedFunction)),
            AttachFeature.KprobeMulti => AttachKprobeMulti(name, release, AttachType.TraceKprobeMulti),
            AttachFeature.KprobeSession => AttachKprobeMulti(name, release, AttachType.TraceKprobeSession),
            AttachFeature.Uprobe => WithProbedFile(path => AttachPerf(name, release, ProgramType.Kprobe, () => OpenProbe("uprobe", path))),
            AttachFeature.UprobeMulti => AttachUprobeMulti(name, release, AttachType.TraceUprobeMulti),
            AttachFeature.UprobeSession => AttachUprobeMulti(name, release, AttachType.TraceUprobeSession),
            AttachFeature.PerfEvent => AttachPerf(name, release, ProgramType.PerfEvent, OpenClock),
            AttachFeature.PerfEventLink => ProbePerfEventLink(name, release),
            AttachFeature.Cgroup => ProbeCgroup(name, release),
            AttachFeature.CgroupUnix => LoadOnly(name, release, ProgramType.CgroupSockAddr, AttachType.CgroupUnixConnect),
            AttachFeature.XdpGeneric => AttachLoaded(name, release, ProgramType.Xdp, AttachType.Xdp, fd => LinkToInterface(fd, AttachType.Xdp, XdpGenericMode)),
            AttachFeature.XdpNative => ProbeXdpNative(name, release),
            AttachFeature.Tcx => AttachLoaded(name, release, ProgramType.SchedCls, AttachType.TcxIngress, fd => LinkToInterface(fd, AttachType.TcxIngress)),
            AttachFeature.Netkit => AttachLoaded(name, release, ProgramType.SchedCls, AttachType.NetkitPrimary, LinkToNetkit),
            AttachFeature.Netfilter => AttachLoaded(name, release, ProgramType.Netfilter, null, LinkToNetfilter),
            AttachFeature.SocketLookup => AttachLoaded(name, release, ProgramType.SkLookup, null, LinkToNetworkNamespace),
            AttachFeature.SockMapLink => AttachLoaded(name, release, ProgramType.SkMsg, null, LinkToSockMap),
            AttachFeature.StructOps => ProbeStructOps(name, release),
            AttachFeature.Iterator => Iterator("task"),
            _ => throw new ArgumentOutOfRangeException(nameof(feature)),
        };
    }

    static FeatureSupport AttachLoaded(
        string name, (KernelVersion Since, string Option) release, ProgramType type, AttachType? attach, Func<int, int> open, bool usesTrampoline = false)
    {
        var image = ProbeProgram.Image(type, out var reason, attach);
        if (image is null) return MissingTarget(name, release, reason);
        using var program = ProbeProgram.TryLoad(image, out var outcome);
        if (program is not null) outcome = Close(open(program.Value));
        return Probe.Answer(name, outcome, release, type, usesTrampoline);
    }

    static FeatureSupport LoadOnly(string name, (KernelVersion Since, string Option) release, ProgramType type, AttachType attach, bool usesTrampoline = false)
    {
        var image = ProbeProgram.Image(type, out var reason, attach);
        return image is null ? MissingTarget(name, release, reason) : Probe.Answer(name, ProbeProgram.Load(image), release, type, usesTrampoline);
    }

    static FeatureSupport AttachPerf(string name, (KernelVersion Since, string Option) release, ProgramType type, Func<int> open) =>
        AttachLoaded(name, release, type, null, program =>
        {
            var perf = open();
            if (perf < 0) return perf;
            using var fd = new FileDescriptor(perf);
            // Closing the event detaches, so there is no descriptor to hand on; 0 would be one.
            var result = Libc.Ioctl(perf, PerfEvent.IoctlSetBpf, program) < 0 ? -Marshal.GetLastPInvokeError() : 0;
            return result < 0 ? result : Libc.Fcntl(perf, Libc.F_DUPFD_CLOEXEC, 3);
        });

    static int OpenTarget(int program) => LinkSyscalls.OpenRawTracepoint(null, program, cookie: 0);

    static int OpenProbe(string pmu, string target) =>
        PerfProbe.PmuType(pmu) is { } type ? PerfProbe.TryOpen(pmu, type, isReturn: false, target, offset: 0, referenceCounter: 0, pid: -1) : -Errno.ENOENT;

    static int OpenTracepoint()
    {
        // A probe leaves no mount behind.
        var mounted = TraceFs.Mounted;
        using var detached = mounted is null ? Libc.TryMountDetached("tracefs") : null;
        var root = mounted ?? $"/proc/self/fd/{detached?.Value ?? -1}";
        var id = KernelFile.TryReadNumber($"{root}/events/{ProbeProgram.TracepointGroup}/{ProbeProgram.TracepointName}/id");
        if (id is null) return -Errno.ENOENT;
        var attr = new PerfEventAttr { Type = PerfEvent.TypeTracepoint, Config = (ulong)id };
        return PerfEvent.TryOpen(ref attr, pid: -1, cpu: 0);
    }

    static int OpenClock()
    {
        var attr = new PerfEventAttr { Type = PerfEvent.TypeSoftware, Config = PerfEvent.SoftwareCpuClock, SamplePeriodOrFrequency = 1_000_000_000, Flags = PerfEventFlags.Disabled };
        return PerfEvent.TryOpen(ref attr, pid: -1, cpu: 0);
    }

    static FeatureSupport ProbePerfEventLink(string name, (KernelVersion, string) release) =>
        AttachLoaded(name, release, ProgramType.PerfEvent, null, program =>
        {
            var perf = OpenClock();
            if (perf < 0) return perf;
            using var fd = new FileDescriptor(perf);
            var attr = new LinkCreateAttr { ProgramFd = program, TargetFd = perf, AttachType = (uint)AttachType.PerfEvent, PerfEventCookie = 1 };
            return LinkSyscalls.Create(ref attr);
        });

    static FeatureSupport AttachKprobeMulti(string name, (KernelVersion, string) release, AttachType type) =>
        AttachLoaded(name, release, ProgramType.Kprobe, type, fd => LinkSyscalls.CreateKprobeMulti(fd, type, 0, [ProbeProgram.TracedFunction], [], []));

    static FeatureSupport AttachUprobeMulti(string name, (KernelVersion, string) release, AttachType type) =>
        WithProbedFile(path => AttachLoaded(name, release, ProgramType.Kprobe, type, fd => LinkSyscalls.CreateUprobeMulti(fd, type, 0, path, pid: 0, offsets: [0], [], [])));

    /// <summary>A file that nobody runs, so that no process meets the probe.</summary>
    static FeatureSupport WithProbedFile(Func<string, FeatureSupport> probe)
    {
        var path = Path.Combine(Path.GetTempPath(), $"skep-probe-{Environment.ProcessId}-{Environment.CurrentManagedThreadId}");
        try
        {
            var code = new byte[4096];
            Array.Fill(code, (byte)0x90);
            File.WriteAllBytes(path, code);
            return probe(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    static int LinkToInterface(int program, AttachType attach, uint flags = 0)
    {
        var attr = new LinkCreateAttr { ProgramFd = program, TargetIfIndex = Loopback, AttachType = (uint)attach, Flags = flags };
        return LinkSyscalls.Create(ref attr);
    }

    /// <summary>Loopback is no netkit device; a kernel with netkit says exactly that (drivers/net/netkit.c: netkit_dev_fetch).</summary>
    static int LinkToNetkit(int program) => Expect(LinkToInterface(program, AttachType.NetkitPrimary), Errno.ENXIO);

    /// <summary>An expected refusal shows that the kernel understood; it is turned into a descriptor that can be closed.</summary>
    static int Expect(int result, int errno) => result == -errno ? Libc.Open("/dev/null", Libc.O_RDONLY | Libc.O_CLOEXEC, 0) : result;

    static FeatureSupport ProbeXdpNative(string name, (KernelVersion Since, string Option) release)
    {
        var answer = AttachLoaded(name, release, ProgramType.Xdp, AttachType.Xdp, fd => LinkToInterface(fd, AttachType.Xdp, XdpDriverMode));
        return answer.ErrorNumber == Errno.EOPNOTSUPP
            ? new FeatureSupport(name, FeatureStatus.Inconclusive, FeatureCause.Driver, "it depends on each device's driver; loopback has none", release.Since, Errno.EOPNOTSUPP)
            : answer;
    }

    static int LinkToNetfilter(int program)
    {
        var attr = new LinkCreateAttr { ProgramFd = program, AttachType = (uint)AttachType.Netfilter };
        // NFPROTO_IPV4, NF_INET_FORWARD, a priority that nobody uses.
        attr.Netfilter = new LinkCreateAttr.NetfilterArm { ProtocolFamily = 2, Hook = 2, Priority = 31337 };
        return LinkSyscalls.Create(ref attr);
    }

    static int LinkToNetworkNamespace(int program)
    {
        var result = Libc.Open("/proc/self/ns/net", Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (result < 0) return -Errno.ENOENT;
        using var fd = new FileDescriptor(result);
        var attr = new LinkCreateAttr { ProgramFd = program, TargetFd = result, AttachType = (uint)AttachType.SkLookup };
        return LinkSyscalls.Create(ref attr);
    }

    static int LinkToSockMap(int program)
    {
        var map = new MapCreateAttr { MapType = (uint)MapType.SockMap, KeySize = 4, ValueSize = 4, MaxEntries = 1 };
        var result = BpfSyscall.Invoke(BpfCommand.MapCreate, ref map);
        if (result < 0) return result;
        using var fd = new FileDescriptor(result);
        var attr = new LinkCreateAttr { ProgramFd = program, TargetFd = result, AttachType = (uint)AttachType.SkMsgVerdict };
        return LinkSyscalls.Create(ref attr);
    }

    static FeatureSupport ProbeCgroup(string name, (KernelVersion Since, string Option) release)
    {
        if (KernelSettings.Read().Cgroup2Path is null && Program(ProgramType.CgroupSkb).IsPresent)
        {
            return Probe.Missing(name, FeatureCause.Disabled, "cgroup v2 is not mounted", release.Since);
        }
        // No cgroup is touched: a bad descriptor is refused only by a kernel that knows such links (kernel/bpf/cgroup.c: cgroup_bpf_link_attach).
        return AttachLoaded(name, release, ProgramType.CgroupSkb, null, program =>
        {
            var attr = new LinkCreateAttr { ProgramFd = program, TargetFd = -1, AttachType = (uint)AttachType.CgroupInetIngress };
            return Expect(LinkSyscalls.Create(ref attr), Errno.EBADF);
        });
    }

    static FeatureSupport ProbeStructOps(string name, (KernelVersion Since, string Option) release)
    {
        var map = Map(MapType.StructOps);
        var part = map.IsPresent ? Program(ProgramType.StructOps) : map;
        return part.IsPresent ? Probe.Present(name, release.Since) : new FeatureSupport(name, part.Status, part.Cause, part.Reason, release.Since, part.ErrorNumber);
    }

    static FeatureSupport ProbeIterator(string target)
    {
        var name = $"iterator {target}";
        var release = FeatureReleases.Of(AttachFeature.Iterator);
        var function = ProbeProgram.KernelType($"bpf_iter_{target}", BtfKind.Function);
        if (function == 0) return MissingTarget(name, release, $"the kernel's BTF has no bpf_iter_{target}");
        return Probe.Answer(name, ProbeProgram.Load(new ProgramImage
        {
            Name = "skep_probe",
            Type = ProgramType.Tracing,
            AttachType = AttachType.TraceIter,
            AttachBtfId = function,
            Instructions = ProbeProgram.Return(0),
        }), release, ProgramType.Tracing);
    }

    /// <summary>Where the BPF security module was not chosen at boot, programs attach and never run.</summary>
    static FeatureSupport ActiveLsm(FeatureSupport answer)
    {
        if (!answer.IsPresent || KernelSettings.Read().ActiveSecurityModules is not { } modules || modules.Contains("bpf")) return answer;
        return Probe.Missing(answer.Name, FeatureCause.Disabled,
            $"bpf is not among the active security modules ({string.Join(',', modules)}); boot with lsm=…,bpf", answer.Since);
    }
}
