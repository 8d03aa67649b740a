using Shouldly;
using Xunit;

namespace Skep.Bpf.Tests;

public class PermissionDiagnosisTests
{
    static readonly CapabilitySet s_all = new(ulong.MaxValue);

    static PermissionFacts Facts(CapabilitySet? capabilities = null) => new() { Capabilities = capabilities ?? s_all, Kernel = new(6, 18), Lockdown = "none" };

    static PermissionDiagnosis Of(PermissionFacts facts, ProgramType type = ProgramType.Tracing, AttachType attach = AttachType.TraceFentry, bool otherLoads = true) =>
        PermissionDiagnosis.ForProgram(type, attach, facts, () => otherLoads);

    [Fact]
    public void A_missing_capability_is_named_by_the_program_type()
    {
        var none = new CapabilitySet(0);
        Of(Facts(none)).Cause.ShouldBe(PermissionCause.MissingCapability);
        Of(Facts(none)).MissingCapabilities.ShouldBe([Capability.Bpf, Capability.Perfmon]);
        Of(Facts(none), ProgramType.Xdp, default).MissingCapabilities.ShouldBe([Capability.Bpf, Capability.NetAdmin]);
        Of(Facts(new(1ul << (int)Capability.Bpf)), ProgramType.Kprobe, default).MissingCapabilities.ShouldBe([Capability.Perfmon]);
        Of(Facts(none) with { UnprivilegedBpfDisabled = 2 }, ProgramType.SocketFilter, default).Explanation.ShouldContain("unprivileged_bpf_disabled=2");
        Of(Facts(none) with { Kernel = new(5, 4) }, ProgramType.SocketFilter, default).MissingCapabilities.ShouldBe([Capability.SysAdmin]);
    }

    [Fact]
    public void A_kernel_that_refuses_trampolines_is_told_from_one_that_refuses_all_tracing()
    {
        Of(Facts()).Cause.ShouldBe(PermissionCause.TrampolinesRefused);
        Of(Facts()).Explanation.ShouldContain("this kernel refuses trampolines");
        Of(Facts(), ProgramType.Lsm, AttachType.LsmMac).Cause.ShouldBe(PermissionCause.TrampolinesRefused);
        Of(Facts(), ProgramType.Extension, default).Cause.ShouldBe(PermissionCause.TrampolinesRefused);
        Of(Facts(), otherLoads: false).Cause.ShouldBe(PermissionCause.Unknown);
        Of(Facts(), ProgramType.Tracing, AttachType.TraceRawTp).Cause.ShouldBe(PermissionCause.Unknown);
    }

    [Fact]
    public void Locked_memory_is_blamed_only_where_it_is_counted()
    {
        var small = Facts() with { LockedMemoryLimit = 64 << 10 };
        Of(small, ProgramType.Xdp, default).Cause.ShouldBe(PermissionCause.Unknown);
        Of(small with { Kernel = new(5, 10) }, ProgramType.Xdp, default).Cause.ShouldBe(PermissionCause.MemoryLimit);
        Of(Facts() with { Kernel = new(5, 10) }, ProgramType.Xdp, default).Cause.ShouldBe(PermissionCause.Unknown);
    }

    [Fact]
    public void Other_causes_are_told_apart()
    {
        Of(Facts() with { IsInUserNamespace = true }, ProgramType.Xdp, default).Cause.ShouldBe(PermissionCause.UserNamespace);
        Of(Facts() with { HasSeccompFilter = true }, ProgramType.Xdp, default).Cause.ShouldBe(PermissionCause.Seccomp);
        Of(Facts() with { Lockdown = "confidentiality" }, ProgramType.Kprobe, default).Cause.ShouldBe(PermissionCause.Lockdown);
        Of(Facts() with { SecurityModules = "capability,selinux" }, ProgramType.Xdp, default).Explanation.ShouldContain("selinux");
    }

    [Fact]
    public void The_selected_mode_is_the_one_in_brackets()
    {
        PermissionFacts.SelectedMode("none [integrity] confidentiality").ShouldBe("integrity");
        PermissionFacts.SelectedMode("garbage").ShouldBeNull();
    }
}
