using System.Runtime.InteropServices;
using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Testing;

namespace Skep.Bpf.KernelTests.Links;

/// <summary>What needs trampolines: entry and exit of kernel functions, replaced results, LSM hooks.</summary>
public class TrampolineLinkTests
{
    const int DeniedErrno = 16;

    static string SyscallFunction(string name) => (RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "__arm64_sys_" : "__x64_sys_") + name;

    static uint FunctionId(string name) => Btf.Kernel.TryFind(name, BtfKind.Function, out var type) ? type.Id : throw new InvalidOperationException($"no function {name} in BTF");

    [KernelFact(KernelFeature.Trampoline)]
    public void Fentry_runs_at_each_call_with_its_cookie()
    {
        using var counting = new CountingProgram(
            ProgramType.Tracing, AttachType.TraceFentry, body: CountingProgram.NoteCookie, attachBtfId: FunctionId(SyscallFunction("getpgid")));
        using var link = TracingLink.Attach(counting.Program, cookie: 99);
        SystemCalls.Repeat(10, () => SystemCalls.GetProcessGroup(0));
        counting.Runs.ShouldBeGreaterThanOrEqualTo(10UL);
        counting.Cookie.ShouldBe(99UL);
        link.GetInfo().ShouldBeOfType<TracingLinkInfo>().AttachType.ShouldBe(AttachType.TraceFentry);
    }

    [KernelFact(KernelFeature.Trampoline)]
    public void Fexit_sees_the_result()
    {
        // The context is the one argument, then the result.
        using var counting = new CountingProgram(
            ProgramType.Tracing, AttachType.TraceFexit, body: CountingProgram.NoteContext(8), attachBtfId: FunctionId(SyscallFunction("getsid")));
        using var link = TracingLink.Attach(counting.Program);
        var session = SystemCalls.GetSession(0);
        counting.Runs.ShouldBeGreaterThan(0UL);
        counting.Value.ShouldBe((ulong)session);
    }

    [KernelFact(KernelFeature.Trampoline)]
    public void Fmod_ret_replaces_the_result_of_a_security_function()
    {
        using var counting = new CountingProgram(
            ProgramType.Tracing, AttachType.ModifyReturn, verdict: -DeniedErrno, attachBtfId: FunctionId("security_task_setnice"));
        using (TracingLink.Attach(counting.Program))
        {
            SystemCalls.SetPriority(0, 0, 0).ShouldBe(-1);
            Marshal.GetLastPInvokeError().ShouldBe(DeniedErrno);
        }
        SystemCalls.SetPriority(0, 0, 0).ShouldBe(0);
        counting.Runs.ShouldBeGreaterThan(0UL);
    }

    [KernelFact(KernelFeature.Lsm)]
    public void Lsm_hook_denies()
    {
        using var counting = new CountingProgram(ProgramType.Lsm, AttachType.LsmMac, verdict: -DeniedErrno, attachBtfId: FunctionId("bpf_lsm_task_setnice"));
        using (var link = TracingLink.Attach(counting.Program))
        {
            SystemCalls.SetPriority(0, 0, 0).ShouldBe(-1);
            Marshal.GetLastPInvokeError().ShouldBe(DeniedErrno);
            link.GetInfo().ShouldBeOfType<TracingLinkInfo>().AttachType.ShouldBe(AttachType.LsmMac);
        }
        SystemCalls.SetPriority(0, 0, 0).ShouldBe(0);
    }

    [KernelFact(KernelFeature.LsmCgroup)]
    public void Lsm_hook_of_a_control_group_denies_inside_it_only()
    {
        using var cgroup = new TestCgroup();
        using var counting = new CountingProgram(ProgramType.Lsm, AttachType.LsmCgroup, verdict: 0, attachBtfId: FunctionId("bpf_lsm_socket_bind"));
        using var link = CgroupLink.Attach(counting.Program, cgroup.Path);
        cgroup.Run(() => TestSockets.IsRefused(() => TestSockets.Receiver().Dispose()).ShouldBeTrue());
        TestSockets.IsRefused(() => TestSockets.Receiver().Dispose()).ShouldBeFalse();
        counting.Runs.ShouldBe(1UL);
    }
}
