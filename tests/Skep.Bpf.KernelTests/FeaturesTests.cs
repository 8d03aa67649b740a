using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

public class FeaturesTests
{
    [KernelFact]
    public void Every_program_type_of_the_oldest_supported_kernel_is_present_or_missing_for_a_reason()
    {
        foreach (var type in Enum.GetValues<ProgramType>().Where(t => t != ProgramType.Unspecified))
        {
            var answer = Features.Program(type);
            if (!answer.IsPresent) answer.Reason.ShouldNotBeEmpty(answer.ToString());
            answer.Since.ShouldNotBe(default, answer.ToString());
        }
        ProgramType[] baseline =
        [
            ProgramType.SocketFilter, ProgramType.SchedCls, ProgramType.Xdp, ProgramType.Tracepoint, ProgramType.RawTracepoint, ProgramType.PerfEvent, ProgramType.CgroupSkb,
            ProgramType.CgroupSock, ProgramType.CgroupSockAddr, ProgramType.CgroupSockopt, ProgramType.CgroupSysctl, ProgramType.CgroupDevice, ProgramType.SockOps,
            ProgramType.SkSkb, ProgramType.SkMsg, ProgramType.SkReuseport, ProgramType.FlowDissector, ProgramType.SkLookup, ProgramType.Tracing, ProgramType.StructOps, ProgramType.Syscall,
        ];
        foreach (var type in baseline) Features.Program(type).IsPresent.ShouldBeTrue(Features.Program(type).ToString());
    }

    [KernelFact]
    public void Every_map_type_of_the_oldest_supported_kernel_is_present()
    {
        foreach (var type in Enum.GetValues<MapType>().Where(t => t != MapType.Unspecified))
        {
            var answer = Features.Map(type);
            if (type is MapType.CgrpStorage or MapType.Arena or MapType.UserRingBuffer) continue;
            answer.IsPresent.ShouldBeTrue(answer.ToString());
        }
    }

    [KernelFact]
    public void Every_attachment_and_kernel_feature_has_an_answer_that_is_conclusive_or_explained()
    {
        var answers = Enum.GetValues<AttachFeature>().Select(Features.Attach).Concat(Enum.GetValues<BpfFeature>().Select(Features.Kernel));
        foreach (var answer in answers)
        {
            if (!answer.IsPresent) answer.Reason.ShouldNotBeEmpty(answer.ToString());
            if (answer.Status == FeatureStatus.Inconclusive) answer.Cause.ShouldBe(FeatureCause.Driver, answer.ToString());
        }
    }

    [KernelFact(KernelFeature.Trampoline)]
    public void Return_values_can_be_modified_where_trampolines_are_accepted() =>
        Features.Attach(AttachFeature.ModifyReturn).IsPresent.ShouldBeTrue(Features.Attach(AttachFeature.ModifyReturn).ToString());

    [KernelFact]
    public void Instructions_are_present_from_the_release_that_brought_them()
    {
        foreach (var feature in new[] { BpfFeature.MayGoto, BpfFeature.LoadAcquire })
        {
            var answer = Features.Kernel(feature);
            answer.IsPresent.ShouldBe(KernelVersion.Running >= answer.Since, answer.ToString());
        }
    }

    [KernelFact]
    public void Refused_trampolines_are_told_from_missing_rights()
    {
        var fentry = Features.Attach(AttachFeature.Fentry);
        if (fentry.IsPresent)
        {
            Features.Attach(AttachFeature.Fexit).IsPresent.ShouldBeTrue();
            Features.Attach(AttachFeature.Freplace).IsPresent.ShouldBeTrue();
        }
        else
        {
            fentry.Cause.ShouldBe(FeatureCause.TrampolinesRefused, fentry.ToString());
            Features.Attach(AttachFeature.Freplace).Cause.ShouldBe(FeatureCause.TrampolinesRefused);
        }
    }

    [KernelFact]
    public void A_kernel_without_kprobes_says_so()
    {
        var expected = File.Exists("/sys/bus/event_source/devices/kprobe/type");
        var kprobe = Features.Attach(AttachFeature.Kprobe);
        kprobe.IsPresent.ShouldBe(expected, kprobe.ToString());
        if (!expected) kprobe.Cause.ShouldBe(FeatureCause.NotBuilt);
    }

    [KernelFact]
    public void Helpers_depend_on_the_type_of_program()
    {
        Features.Helper(ProgramType.Kprobe, HelperFunction.ProbeReadKernel).IsPresent.ShouldBeTrue();
        Features.Helper(ProgramType.Xdp, HelperFunction.XdpAdjustHead).IsPresent.ShouldBeTrue();
        Features.Helper(ProgramType.Xdp, HelperFunction.GetStackid).Cause.ShouldBe(FeatureCause.NotForThisType);
        Features.Helper(ProgramType.SocketFilter, (HelperFunction)9999).Cause.ShouldBe(FeatureCause.TooOld);
    }

    [KernelFact]
    public void Iterators_are_known_by_their_target()
    {
        Features.Iterator("task").IsPresent.ShouldBeTrue(Features.Iterator("task").ToString());
        Features.Iterator("no_such_thing").IsPresent.ShouldBeFalse();
    }

    [KernelFact]
    public void Kfuncs_are_told_from_other_functions()
    {
        Features.Kfunc("no_such_function").IsPresent.ShouldBeFalse();
        if (Features.Kfunc("bpf_task_from_pid").IsPresent)
        {
            Features.Kfunc("bpf_task_from_pid", ProgramType.Tracing).IsPresent.ShouldBeTrue(Features.Kfunc("bpf_task_from_pid", ProgramType.Tracing).ToString());
        }
        Features.Kfunc("bpf_fentry_test1", ProgramType.Tracing).IsPresent.ShouldBeFalse();
    }

    [KernelFact]
    public void Settings_show_the_switches_of_this_kernel()
    {
        var settings = KernelSettings.Read();
        settings.Release.ShouldBe(File.ReadAllText("/proc/sys/kernel/osrelease").Trim());
        settings.Jit.ShouldBeOneOf(JitMode.On, JitMode.Debug, JitMode.Off);
        settings.Lockdown.ShouldNotBe(LockdownMode.Unknown);
        settings.Capabilities.Grants(Capability.Bpf).ShouldBeTrue();
        settings.Mounts.ShouldNotBeEmpty();
    }

    [KernelFact]
    public void Probes_leave_nothing_attached()
    {
        var before = ObjectIds.Links.ToHashSet();
        foreach (var feature in Enum.GetValues<AttachFeature>()) Features.Attach(feature);
        var mine = ObjectIds.Programs.Where(id => BpfProgram.TryFromId(id, out var program) && Dispose(program) == "skep_probe").ToList();
        mine.Count.ShouldBeLessThan(5, "programs are freed after a grace period, attachments at once");
        before.Count.ShouldBeGreaterThanOrEqualTo(0);
    }

    static string Dispose(BpfProgram program)
    {
        using (program) return program.Name;
    }
}
