using System.Runtime.InteropServices;
using Shouldly;
using Skep.Testing;

namespace Skep.Bpf.KernelTests.Links;

public class KprobeLinkTests
{
    const int ResultOffset = 80;

    static string Function(string syscall) => (RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "__arm64_sys_" : "__x64_sys_") + syscall;

    [KernelFact(KernelFeature.Kprobe)]
    public void Kprobe_runs_at_each_call_with_its_cookie()
    {
        using var counting = new CountingProgram(ProgramType.Kprobe, body: CountingProgram.NoteCookie);
        using var link = KprobeLink.Attach(counting.Program, Function("getpgid"), new KprobeOptions { Cookie = 5 });
        SystemCalls.Repeat(10, () => SystemCalls.GetProcessGroup(0));
        counting.Runs.ShouldBeGreaterThanOrEqualTo(10UL);
        counting.Cookie.ShouldBe(5UL);
        var info = link.GetInfo().ShouldBeOfType<PerfEventLinkInfo>();
        if (KernelVersion.Running >= new KernelVersion(6, 6))
        {
            info.Kind.ShouldBe(PerfEventKind.Kprobe);
            info.Name.ShouldBe(Function("getpgid"));
        }
    }

    [KernelFact(KernelFeature.Kprobe)]
    public void Kretprobe_sees_the_result()
    {
        using var counting = new CountingProgram(ProgramType.Kprobe, body: CountingProgram.NoteContext(ResultOffset));
        using var link = KprobeLink.Attach(counting.Program, Function("getsid"), new KprobeOptions { IsReturn = true });
        var session = SystemCalls.GetSession(0);
        counting.Runs.ShouldBeGreaterThan(0UL);
        if (RuntimeInformation.ProcessArchitecture == Architecture.X64) counting.Value.ShouldBe((ulong)session);
    }

    [KernelFact(KernelFeature.Kprobe)]
    public void Kprobe_through_tracefs_runs_and_leaves_nothing_behind()
    {
        using var counting = new CountingProgram(ProgramType.Kprobe);
        using (KprobeLink.Attach(counting.Program, Function("getpgid"), new KprobeOptions { Mechanism = ProbeMechanism.TraceFs }))
        {
            SystemCalls.Repeat(10, () => SystemCalls.GetProcessGroup(0));
        }
        counting.Runs.ShouldBeGreaterThanOrEqualTo(10UL);
        File.ReadAllText(Path.Combine(Interop.TraceFs.Root, "kprobe_events")).ShouldNotContain($"skep/p{Environment.ProcessId}_");
    }

    [KernelFact(KernelFeature.Kprobe)]
    public void Ksyscall_finds_the_architectures_function()
    {
        using var counting = new CountingProgram(ProgramType.Kprobe, section: "ksyscall/getpgid", target: "getpgid");
        using var link = counting.Program.Attach();
        SystemCalls.GetProcessGroup(0);
        counting.Runs.ShouldBeGreaterThan(0UL);
    }

    [KernelFact(KernelFeature.Kprobe)]
    public void Kprobe_names_functions_spelt_alike_when_there_is_none()
    {
        using var counting = new CountingProgram(ProgramType.Kprobe);
        Should.Throw<BpfSyscallException>(() => KprobeLink.Attach(counting.Program, Function("getpgidd"))).Message.ShouldContain(Function("getpgid"));
    }

    [KernelFact]
    public void Kprobe_says_that_the_kernel_has_none_where_it_has_none()
    {
        if (Interop.PerfProbe.PmuType("kprobe") is not null || File.Exists(Path.Combine(Interop.TraceFs.Root, "kprobe_events"))) return;
        using var counting = new CountingProgram(ProgramType.Kprobe);
        Should.Throw<BpfSyscallException>(() => KprobeLink.Attach(counting.Program, Function("getpgid"))).Message.ShouldContain("CONFIG_KPROBES");
    }

    [KernelFact(KernelFeature.KprobeMulti)]
    public void Kprobe_multi_attaches_to_every_function_that_matches()
    {
        using var counting = new CountingProgram(ProgramType.Kprobe, AttachType.TraceKprobeMulti);
        using var link = KprobeMultiLink.Attach(counting.Program, new KprobeMultiOptions { Pattern = Function("setp*id") });
        link.Count.ShouldBeGreaterThanOrEqualTo(1);
        SystemCalls.Repeat(10, () => SystemCalls.GetSession(0));
        counting.Runs.ShouldBe(0UL);
        using var more = KprobeMultiLink.Attach(counting.Program, new KprobeMultiOptions { Pattern = Function("gets*") });
        SystemCalls.Repeat(10, () => SystemCalls.GetSession(0));
        counting.Runs.ShouldBeGreaterThanOrEqualTo(10UL);
    }

    [KernelFact(KernelFeature.KprobeMulti)]
    public void Kprobe_multi_gives_each_function_its_cookie()
    {
        using var counting = new CountingProgram(ProgramType.Kprobe, AttachType.TraceKprobeMulti, body: CountingProgram.NoteCookie);
        using var link = KprobeMultiLink.Attach(counting.Program, new KprobeMultiOptions
        {
            Symbols = [Function("getsid"), Function("getpgid")], Cookies = [11, 22],
        });
        SystemCalls.GetSession(0);
        counting.Cookie.ShouldBe(11UL);
        SystemCalls.GetProcessGroup(0);
        counting.Cookie.ShouldBe(22UL);
        link.GetInfo().ShouldBeOfType<KprobeMultiLinkInfo>().Addresses.Count.ShouldBe(KernelVersion.Running >= new KernelVersion(6, 6) ? 2 : 0);
    }

    [KernelFact(KernelFeature.KprobeMulti)]
    public void Kprobe_multi_names_the_function_that_is_unknown()
    {
        using var counting = new CountingProgram(ProgramType.Kprobe, AttachType.TraceKprobeMulti);
        Should.Throw<BpfSyscallException>(() => KprobeMultiLink.Attach(counting.Program, new KprobeMultiOptions { Symbols = [Function("getsid"), "no_such_function_at_all"] }))
            .Message.ShouldContain("no_such_function_at_all");
    }

    [KernelFact(KernelFeature.KprobeSession)]
    public void Kprobe_session_runs_at_entry_and_at_return()
    {
        using var counting = new CountingProgram(ProgramType.Kprobe, AttachType.TraceKprobeSession);
        using var link = KprobeMultiLink.Attach(counting.Program, new KprobeMultiOptions { Symbols = [Function("getsid")] });
        SystemCalls.Repeat(10, () => SystemCalls.GetSession(0));
        counting.Runs.ShouldBeGreaterThanOrEqualTo(20UL);
    }

    [KernelFact]
    public void Kprobe_multi_says_why_where_the_kernel_has_none()
    {
        if (KernelFeatures.WhyMissing(KernelFeature.KprobeMulti) is null) return;
        using var counting = new CountingProgram(ProgramType.Kprobe, AttachType.TraceKprobeMulti);
        Should.Throw<BpfSyscallException>(() => KprobeMultiLink.Attach(counting.Program, new KprobeMultiOptions { Symbols = ["schedule"] })).Message
            .ShouldContain("CONFIG_FPROBE");
    }
}
