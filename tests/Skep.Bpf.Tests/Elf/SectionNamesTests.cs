using Shouldly;
using Xunit;

namespace Skep.Bpf.Tests;

public class SectionNamesTests
{
    [Theory]
    [InlineData("socket", ProgramType.SocketFilter, 0, 0u)]
    [InlineData("sk_reuseport", ProgramType.SkReuseport, 39, 0u)]
    [InlineData("sk_reuseport/migrate", ProgramType.SkReuseport, 40, 0u)]
    [InlineData("kprobe/x", ProgramType.Kprobe, 0, 0u)]
    [InlineData("kretprobe/x", ProgramType.Kprobe, 0, 0u)]
    [InlineData("kprobe.multi/x", ProgramType.Kprobe, 42, 0u)]
    [InlineData("kretprobe.multi/x", ProgramType.Kprobe, 42, 0u)]
    [InlineData("kprobe.session/x", ProgramType.Kprobe, 56, 0u)]
    [InlineData("uprobe/x", ProgramType.Kprobe, 0, 0u)]
    [InlineData("uprobe.s/x", ProgramType.Kprobe, 0, 16u)]
    [InlineData("uretprobe.s/x", ProgramType.Kprobe, 0, 16u)]
    [InlineData("uprobe.multi/x", ProgramType.Kprobe, 48, 0u)]
    [InlineData("uretprobe.multi.s/x", ProgramType.Kprobe, 48, 16u)]
    [InlineData("uprobe.session.s/x", ProgramType.Kprobe, 57, 16u)]
    [InlineData("ksyscall/x", ProgramType.Kprobe, 0, 0u)]
    [InlineData("kretsyscall/x", ProgramType.Kprobe, 0, 0u)]
    [InlineData("usdt.s/x", ProgramType.Kprobe, 0, 16u)]
    [InlineData("tc", ProgramType.SchedCls, 0, 0u)]
    [InlineData("tc/ingress", ProgramType.SchedCls, 46, 0u)]
    [InlineData("tc/egress", ProgramType.SchedCls, 47, 0u)]
    [InlineData("tcx/egress", ProgramType.SchedCls, 47, 0u)]
    [InlineData("classifier", ProgramType.SchedCls, 0, 0u)]
    [InlineData("action", ProgramType.SchedAct, 0, 0u)]
    [InlineData("netkit/primary", ProgramType.SchedCls, 54, 0u)]
    [InlineData("netkit/peer", ProgramType.SchedCls, 55, 0u)]
    [InlineData("tp/a/b", ProgramType.Tracepoint, 0, 0u)]
    [InlineData("tracepoint.s/a/b", ProgramType.Tracepoint, 0, 16u)]
    [InlineData("raw_tp/x", ProgramType.RawTracepoint, 0, 0u)]
    [InlineData("raw_tracepoint.w/x", ProgramType.RawTracepointWritable, 0, 0u)]
    [InlineData("tp_btf/x", ProgramType.Tracing, 23, 0u)]
    [InlineData("fentry/x", ProgramType.Tracing, 24, 0u)]
    [InlineData("fexit.s/x", ProgramType.Tracing, 25, 16u)]
    [InlineData("fmod_ret.s/x", ProgramType.Tracing, 26, 16u)]
    [InlineData("fsession/x", ProgramType.Tracing, 58, 0u)]
    [InlineData("fentry.multi/x", ProgramType.Tracing, 59, 0u)]
    [InlineData("fexit.multi.s/x", ProgramType.Tracing, 60, 16u)]
    [InlineData("fsession.multi/x", ProgramType.Tracing, 61, 0u)]
    [InlineData("freplace/x", ProgramType.Extension, 0, 0u)]
    [InlineData("lsm.s/x", ProgramType.Lsm, 27, 16u)]
    [InlineData("lsm_cgroup/x", ProgramType.Lsm, 43, 0u)]
    [InlineData("iter.s/task", ProgramType.Tracing, 28, 16u)]
    [InlineData("syscall", ProgramType.Syscall, 0, 16u)]
    [InlineData("struct_ops.s/x", ProgramType.StructOps, 0, 16u)]
    [InlineData("xdp", ProgramType.Xdp, 37, 0u)]
    [InlineData("xdp/devmap", ProgramType.Xdp, 33, 0u)]
    [InlineData("xdp.frags/cpumap", ProgramType.Xdp, 35, 32u)]
    [InlineData("perf_event", ProgramType.PerfEvent, 0, 0u)]
    [InlineData("lwt_seg6local", ProgramType.LwtSeg6local, 0, 0u)]
    [InlineData("sockops", ProgramType.SockOps, 3, 0u)]
    [InlineData("sk_skb/stream_parser", ProgramType.SkSkb, 4, 0u)]
    [InlineData("sk_skb/stream_verdict", ProgramType.SkSkb, 5, 0u)]
    [InlineData("sk_skb/verdict", ProgramType.SkSkb, 38, 0u)]
    [InlineData("sk_msg", ProgramType.SkMsg, 7, 0u)]
    [InlineData("lirc_mode2", ProgramType.LircMode2, 16, 0u)]
    [InlineData("flow_dissector", ProgramType.FlowDissector, 17, 0u)]
    [InlineData("sk_lookup", ProgramType.SkLookup, 36, 0u)]
    [InlineData("netfilter", ProgramType.Netfilter, 45, 0u)]
    [InlineData("cgroup_skb/egress", ProgramType.CgroupSkb, 1, 0u)]
    [InlineData("cgroup/skb", ProgramType.CgroupSkb, 0, 0u)]
    [InlineData("cgroup/sock", ProgramType.CgroupSock, 2, 0u)]
    [InlineData("cgroup/sock_release", ProgramType.CgroupSock, 34, 0u)]
    [InlineData("cgroup/connect_unix", ProgramType.CgroupSockAddr, 49, 0u)]
    [InlineData("cgroup/getsockname6", ProgramType.CgroupSockAddr, 32, 0u)]
    [InlineData("cgroup/setsockopt", ProgramType.CgroupSockopt, 22, 0u)]
    [InlineData("cgroup/dev", ProgramType.CgroupDevice, 6, 0u)]
    public void Find_knows_the_family(string section, ProgramType type, int attachType, uint flags)
    {
        var definition = SectionNames.Find(section).ShouldNotBeNull();
        definition.Type.ShouldBe(type);
        ((int)definition.AttachType).ShouldBe(attachType);
        ((uint)definition.Flags).ShouldBe(flags);
        definition.AutoLoad.ShouldBeTrue();
        SectionNames.Find("?" + section)!.AutoLoad.ShouldBeFalse();
    }

    [Theory]
    [InlineData("tp/sched/sched_switch", "tp", "sched/sched_switch")]
    [InlineData("uprobe//bin/sh:main", "uprobe", "/bin/sh:main")]
    [InlineData("cgroup/connect4", "cgroup/connect4", "")]
    [InlineData("?fentry.s/do_exit", "fentry.s", "do_exit")]
    [InlineData("kprobe", "kprobe", "")]
    [InlineData("kprobe/", "kprobe", "")]
    public void Find_splits_family_and_target(string section, string family, string target)
    {
        var definition = SectionNames.Find(section).ShouldNotBeNull();
        definition.Family.ShouldBe(family);
        definition.Target.ShouldBe(target);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?")]
    [InlineData("kprobes/x")]
    [InlineData("cgroup/unheard_of")]
    [InlineData("/kprobe")]
    public void Find_returns_null_for_other_names(string section) => SectionNames.Find(section).ShouldBeNull();

    [Fact]
    public void All_covers_every_program_type_of_the_kernel() =>
        SectionNames.All.Select(definition => definition.Type).Distinct().Count().ShouldBe(Enum.GetValues<ProgramType>().Length - 1);

    [Fact]
    public void Typed_families_need_the_btf_id_of_their_target() =>
        SectionNames.All.Where(definition => definition.NeedsAttachBtf).Select(definition => definition.Family).Order()
            .ShouldBe(["fentry", "fentry.s", "fexit", "fexit.s", "fmod_ret", "fmod_ret.s", "freplace", "fsession", "fsession.s", "iter", "iter.s", "lsm", "lsm.s", "lsm_cgroup", "tp_btf", "tp_btf.s"]);
}
