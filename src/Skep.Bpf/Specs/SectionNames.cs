namespace Skep.Bpf;

/// <summary>
/// The section names by which an object says what kind of program a function is. They are libbpf's, so that objects written for it work
/// unchanged (https://docs.kernel.org/bpf/libbpf/program_types.html).
/// </summary>
public static class SectionNames
{
    static readonly Dictionary<string, SectionDefinition> s_families = Families().ToDictionary(family => family.Family, StringComparer.Ordinal);

    /// <summary>Every family, without target.</summary>
    public static IReadOnlyCollection<SectionDefinition> All => s_families.Values;

    /// <summary>Explains a section name, or returns null when no family fits.</summary>
    public static SectionDefinition? Find(string section)
    {
        ArgumentNullException.ThrowIfNull(section);
        var autoLoad = !section.StartsWith('?');
        var name = autoLoad ? section : section[1..];
        // The longest family that ends at a slash or at the end wins: "cgroup/connect4", not "cgroup".
        for (var end = name.Length; end > 0; end = name.LastIndexOf('/', end - 1))
        {
            if (s_families.TryGetValue(name[..end], out var family))
            {
                return family with { Target = end < name.Length ? name[(end + 1)..] : "", AutoLoad = autoLoad };
            }
        }
        return null;
    }

    static IEnumerable<SectionDefinition> Families() =>
    [
        Exact("socket", ProgramType.SocketFilter),
        Exact("sk_reuseport", ProgramType.SkReuseport, AttachType.SkReuseportSelect),
        Exact("sk_reuseport/migrate", ProgramType.SkReuseport, AttachType.SkReuseportSelectOrMigrate),

        Targeted("kprobe", ProgramType.Kprobe),
        Targeted("kretprobe", ProgramType.Kprobe),
        Targeted("kprobe.multi", ProgramType.Kprobe, AttachType.TraceKprobeMulti),
        Targeted("kretprobe.multi", ProgramType.Kprobe, AttachType.TraceKprobeMulti),
        Targeted("kprobe.session", ProgramType.Kprobe, AttachType.TraceKprobeSession),
        .. Sleepable("uprobe", ProgramType.Kprobe),
        .. Sleepable("uretprobe", ProgramType.Kprobe),
        .. Sleepable("uprobe.multi", ProgramType.Kprobe, AttachType.TraceUprobeMulti),
        .. Sleepable("uretprobe.multi", ProgramType.Kprobe, AttachType.TraceUprobeMulti),
        .. Sleepable("uprobe.session", ProgramType.Kprobe, AttachType.TraceUprobeSession),
        Targeted("ksyscall", ProgramType.Kprobe),
        Targeted("kretsyscall", ProgramType.Kprobe),
        .. Sleepable("usdt", ProgramType.Kprobe),

        Exact("tc", ProgramType.SchedCls),
        Exact("tc/ingress", ProgramType.SchedCls, AttachType.TcxIngress),
        Exact("tc/egress", ProgramType.SchedCls, AttachType.TcxEgress),
        Exact("tcx/ingress", ProgramType.SchedCls, AttachType.TcxIngress),
        Exact("tcx/egress", ProgramType.SchedCls, AttachType.TcxEgress),
        Exact("classifier", ProgramType.SchedCls),
        Exact("action", ProgramType.SchedAct),
        Exact("netkit/primary", ProgramType.SchedCls, AttachType.NetkitPrimary),
        Exact("netkit/peer", ProgramType.SchedCls, AttachType.NetkitPeer),

        .. Sleepable("tracepoint", ProgramType.Tracepoint),
        .. Sleepable("tp", ProgramType.Tracepoint),
        .. Sleepable("raw_tracepoint", ProgramType.RawTracepoint),
        .. Sleepable("raw_tp", ProgramType.RawTracepoint),
        Targeted("raw_tracepoint.w", ProgramType.RawTracepointWritable),
        Targeted("raw_tp.w", ProgramType.RawTracepointWritable),
        .. Typed("tp_btf", ProgramType.Tracing, AttachType.TraceRawTp),
        .. Typed("fentry", ProgramType.Tracing, AttachType.TraceFentry),
        .. Typed("fmod_ret", ProgramType.Tracing, AttachType.ModifyReturn),
        .. Typed("fexit", ProgramType.Tracing, AttachType.TraceFexit),
        .. Typed("fsession", ProgramType.Tracing, AttachType.TraceFsession),
        .. Sleepable("fentry.multi", ProgramType.Tracing, AttachType.TraceFentryMulti),
        .. Sleepable("fexit.multi", ProgramType.Tracing, AttachType.TraceFexitMulti),
        .. Sleepable("fsession.multi", ProgramType.Tracing, AttachType.TraceFsessionMulti),
        Targeted("freplace", ProgramType.Extension) with { NeedsAttachBtf = true },
        .. Typed("lsm", ProgramType.Lsm, AttachType.LsmMac),
        Targeted("lsm_cgroup", ProgramType.Lsm, AttachType.LsmCgroup) with { NeedsAttachBtf = true },
        .. Typed("iter", ProgramType.Tracing, AttachType.TraceIter),
        // A syscall program may always sleep (kernel/bpf/syscall.c: bpf_prog_load demands the flag).
        Exact("syscall", ProgramType.Syscall) with { Flags = ProgramFlags.Sleepable },
        .. Sleepable("struct_ops", ProgramType.StructOps),

        .. Xdp("", AttachType.Xdp),
        .. Xdp("/devmap", AttachType.XdpDevmap),
        .. Xdp("/cpumap", AttachType.XdpCpumap),
        Exact("perf_event", ProgramType.PerfEvent),
        Exact("lwt_in", ProgramType.LwtIn),
        Exact("lwt_out", ProgramType.LwtOut),
        Exact("lwt_xmit", ProgramType.LwtXmit),
        Exact("lwt_seg6local", ProgramType.LwtSeg6local),
        Exact("sockops", ProgramType.SockOps, AttachType.CgroupSockOps),
        Exact("sk_skb", ProgramType.SkSkb),
        Exact("sk_skb/stream_parser", ProgramType.SkSkb, AttachType.SkSkbStreamParser),
        Exact("sk_skb/stream_verdict", ProgramType.SkSkb, AttachType.SkSkbStreamVerdict),
        Exact("sk_skb/verdict", ProgramType.SkSkb, AttachType.SkSkbVerdict),
        Exact("sk_msg", ProgramType.SkMsg, AttachType.SkMsgVerdict),
        Exact("lirc_mode2", ProgramType.LircMode2, AttachType.LircMode2),
        Exact("flow_dissector", ProgramType.FlowDissector, AttachType.FlowDissector),
        Exact("sk_lookup", ProgramType.SkLookup, AttachType.SkLookup),
        Exact("netfilter", ProgramType.Netfilter, AttachType.Netfilter),

        Exact("cgroup_skb/ingress", ProgramType.CgroupSkb, AttachType.CgroupInetIngress),
        Exact("cgroup_skb/egress", ProgramType.CgroupSkb, AttachType.CgroupInetEgress),
        Exact("cgroup/skb", ProgramType.CgroupSkb),
        Exact("cgroup/sock_create", ProgramType.CgroupSock, AttachType.CgroupInetSockCreate),
        Exact("cgroup/sock_release", ProgramType.CgroupSock, AttachType.CgroupInetSockRelease),
        Exact("cgroup/sock", ProgramType.CgroupSock, AttachType.CgroupInetSockCreate),
        Exact("cgroup/post_bind4", ProgramType.CgroupSock, AttachType.CgroupInet4PostBind),
        Exact("cgroup/post_bind6", ProgramType.CgroupSock, AttachType.CgroupInet6PostBind),
        Exact("cgroup/bind4", ProgramType.CgroupSockAddr, AttachType.CgroupInet4Bind),
        Exact("cgroup/bind6", ProgramType.CgroupSockAddr, AttachType.CgroupInet6Bind),
        Exact("cgroup/connect4", ProgramType.CgroupSockAddr, AttachType.CgroupInet4Connect),
        Exact("cgroup/connect6", ProgramType.CgroupSockAddr, AttachType.CgroupInet6Connect),
        Exact("cgroup/connect_unix", ProgramType.CgroupSockAddr, AttachType.CgroupUnixConnect),
        Exact("cgroup/sendmsg4", ProgramType.CgroupSockAddr, AttachType.CgroupUdp4Sendmsg),
        Exact("cgroup/sendmsg6", ProgramType.CgroupSockAddr, AttachType.CgroupUdp6Sendmsg),
        Exact("cgroup/sendmsg_unix", ProgramType.CgroupSockAddr, AttachType.CgroupUnixSendmsg),
        Exact("cgroup/recvmsg4", ProgramType.CgroupSockAddr, AttachType.CgroupUdp4Recvmsg),
        Exact("cgroup/recvmsg6", ProgramType.CgroupSockAddr, AttachType.CgroupUdp6Recvmsg),
        Exact("cgroup/recvmsg_unix", ProgramType.CgroupSockAddr, AttachType.CgroupUnixRecvmsg),
        Exact("cgroup/getpeername4", ProgramType.CgroupSockAddr, AttachType.CgroupInet4Getpeername),
        Exact("cgroup/getpeername6", ProgramType.CgroupSockAddr, AttachType.CgroupInet6Getpeername),
        Exact("cgroup/getpeername_unix", ProgramType.CgroupSockAddr, AttachType.CgroupUnixGetpeername),
        Exact("cgroup/getsockname4", ProgramType.CgroupSockAddr, AttachType.CgroupInet4Getsockname),
        Exact("cgroup/getsockname6", ProgramType.CgroupSockAddr, AttachType.CgroupInet6Getsockname),
        Exact("cgroup/getsockname_unix", ProgramType.CgroupSockAddr, AttachType.CgroupUnixGetsockname),
        Exact("cgroup/sysctl", ProgramType.CgroupSysctl, AttachType.CgroupSysctl),
        Exact("cgroup/getsockopt", ProgramType.CgroupSockopt, AttachType.CgroupGetsockopt),
        Exact("cgroup/setsockopt", ProgramType.CgroupSockopt, AttachType.CgroupSetsockopt),
        Exact("cgroup/dev", ProgramType.CgroupDevice, AttachType.CgroupDevice),
    ];

    static SectionDefinition Exact(string family, ProgramType type, AttachType attachType = default) => new() { Family = family, Type = type, AttachType = attachType };

    static SectionDefinition Targeted(string family, ProgramType type, AttachType attachType = default) => Exact(family, type, attachType) with { TakesTarget = true };

    static SectionDefinition[] Sleepable(string family, ProgramType type, AttachType attachType = default) =>
    [
        Targeted(family, type, attachType),
        Targeted(family + ".s", type, attachType) with { Flags = ProgramFlags.Sleepable },
    ];

    static SectionDefinition[] Typed(string family, ProgramType type, AttachType attachType) =>
        [.. Sleepable(family, type, attachType).Select(definition => definition with { NeedsAttachBtf = true })];

    static SectionDefinition[] Xdp(string suffix, AttachType attachType) =>
    [
        Exact("xdp" + suffix, ProgramType.Xdp, attachType),
        Exact("xdp.frags" + suffix, ProgramType.Xdp, attachType) with { Flags = ProgramFlags.XdpFragments },
    ];
}
