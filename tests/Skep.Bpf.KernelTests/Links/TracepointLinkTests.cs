using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Bpf.Interop;
using Skep.Testing;

namespace Skep.Bpf.KernelTests.Links;

public class TracepointLinkTests
{
    [KernelFact]
    public void Attach_runs_the_program_with_its_cookie_at_each_hit()
    {
        using var counting = new CountingProgram(ProgramType.Tracepoint, body: CountingProgram.NoteCookie);
        using (TracepointLink.Attach(counting.Program, "syscalls", "sys_enter_getpgid", cookie: 0x1234_5678_9abc_def0))
        {
            SystemCalls.Repeat(10, () => SystemCalls.GetProcessGroup(0));
            counting.Runs.ShouldBeGreaterThanOrEqualTo(10UL);
            counting.Cookie.ShouldBe(0x1234_5678_9abc_def0UL);
        }
    }

    [KernelFact]
    public void Dispose_detaches_the_program()
    {
        using var counting = new CountingProgram(ProgramType.Tracepoint);
        var link = TracepointLink.Attach(counting.Program, "syscalls", "sys_enter_getsid");
        SystemCalls.GetSession(0);
        link.Dispose();
        var runs = counting.Runs;
        runs.ShouldBeGreaterThan(0UL);
        SystemCalls.Repeat(5, () => SystemCalls.GetSession(0));
        counting.Runs.ShouldBe(runs);
    }

    [KernelFact]
    public async Task Links_that_come_and_go_are_passed_over_while_others_are_listed()
    {
        using var counting = new CountingProgram(ProgramType.Tracepoint);
        using var kept = TracepointLink.Attach(counting.Program, "syscalls", "sys_enter_getsid");
        var end = Environment.TickCount64 + 500;
        var churn = Task.Run(() =>
        {
            while (Environment.TickCount64 < end)
            {
                // A program each: what the listing still holds keeps its place at the tracepoint.
                using var passing = new CountingProgram(ProgramType.Tracepoint);
                TracepointLink.Attach(passing.Program, "syscalls", "sys_enter_getsid").Dispose();
            }
        });
        while (!churn.IsCompleted)
        {
            var found = false;
            foreach (var id in ObjectIds.Links)
            {
                if (!BpfLink.TryFromId(id, out var link)) continue;
                using (link) found |= link.Id == kept.Id;
            }
            found.ShouldBeTrue();
        }
        await churn;
        BpfLink.TryFromId(0x7fff_fff0, out _).ShouldBeFalse();
    }

    [KernelFact]
    public void Attach_names_tracepoints_that_are_spelt_alike_when_there_is_none()
    {
        using var counting = new CountingProgram(ProgramType.Tracepoint);
        Should.Throw<BpfException>(() => TracepointLink.Attach(counting.Program, "sched", "sched_swich")).Message
            .ShouldContain("nearest: sched_switch");
        Should.Throw<BpfException>(() => TracepointLink.Attach(counting.Program, "shced", "sched_switch")).Message
            .ShouldContain("sched");
    }

    [KernelFact]
    public void Attach_refuses_a_program_of_another_type_before_the_kernel_does()
    {
        using var counting = new CountingProgram(ProgramType.SocketFilter);
        Should.Throw<ArgumentException>(() => TracepointLink.Attach(counting.Program, "sched", "sched_switch")).Message
            .ShouldContain("SocketFilter");
    }

    [KernelFact]
    public void GetInfo_tells_the_tracepoint_where_the_kernel_does()
    {
        using var counting = new CountingProgram(ProgramType.Tracepoint);
        using var link = TracepointLink.Attach(counting.Program, "sched", "sched_process_exit", cookie: 77);
        var info = link.GetInfo().ShouldBeOfType<PerfEventLinkInfo>();
        info.ProgramId.ShouldBe(counting.Program.GetInfo().Id);
        if (info.Kind == PerfEventKind.Unspecified)
        {
            KernelVersion.Running.ShouldBeLessThan(new KernelVersion(6, 6));
            return;
        }
        info.Kind.ShouldBe(PerfEventKind.Tracepoint);
        info.Name.ShouldBe("sched_process_exit");
        if (KernelVersion.Running >= new KernelVersion(6, 9)) info.Cookie.ShouldBe(77UL);
    }

    [KernelFact]
    public void Attach_of_the_program_itself_follows_its_section()
    {
        using var counting = new CountingProgram(
            ProgramType.Tracepoint, section: "tracepoint/syscalls/sys_exit_getpgid", target: "syscalls/sys_exit_getpgid");
        using var link = counting.Program.Attach();
        link.ShouldBeOfType<TracepointLink>();
        SystemCalls.GetProcessGroup(0);
        counting.Runs.ShouldBeGreaterThan(0UL);
    }

    [KernelFact]
    public void Raw_tracepoint_runs_the_program_at_each_hit()
    {
        // At sys_enter the second argument is the system call's number: 121 is getpgid on x86-64, 155 on arm64.
        var number = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? 155 : 121;
        using var counting = new CountingProgram(ProgramType.RawTracepoint, body: code =>
        {
            var other = code.NewLabel();
            code.Load(AccessSize.Double, Register.R1, Register.R6, 8).JumpIf(Register.R1, Comparison.NotEqual, number, other)
                .Move(Register.R1, 1).Atomic(AtomicOperation.Add, AccessSize.Double, Register.R7, CountingProgram.ValueOffset, Register.R1)
                .Bind(other);
        });
        using var link = RawTracepointLink.Attach(counting.Program, "sys_enter");
        SystemCalls.Repeat(10, () => SystemCalls.GetProcessGroup(0));
        counting.Value.ShouldBeGreaterThanOrEqualTo(10UL);
        link.GetInfo().ShouldBeOfType<RawTracepointLinkInfo>().Name.ShouldBe("sys_enter");
    }

    [KernelFact]
    public void Writable_raw_tracepoint_changes_what_the_kernel_goes_on_with()
    {
        // bpf_test_finish hands out the result of a test run to be overwritten; those of other threads stay as they are.
        using var writing = new CountingProgram(ProgramType.RawTracepointWritable, body: code =>
        {
            var other = code.NewLabel();
            code.Call(HelperFunction.GetCurrentPidTgid).JumpIf32(Register.R0, Comparison.NotEqual, SystemCalls.ThreadId(), other)
                .Load(AccessSize.Double, Register.R1, Register.R6, 0)
                .Store(AccessSize.Word, Register.R1, 0, -Errno.ESTALE)
                .Bind(other);
        });
        using var tested = new CountingProgram(ProgramType.SchedCls);
        using (RawTracepointLink.Attach(writing.Program, "bpf_test_finish"))
        {
            Should.Throw<BpfSyscallException>(() => tested.Program.TestRun(new byte[64])).ErrorNumber.ShouldBe(Errno.ESTALE);
        }
        tested.Program.TestRun(new byte[64]).ReturnValue.ShouldBe(0u);
    }

    [KernelFact]
    public void Raw_tracepoint_passes_a_cookie_or_says_which_kernel_it_needs()
    {
        using var counting = new CountingProgram(ProgramType.RawTracepoint, body: code =>
        {
            if (KernelVersion.Running >= new KernelVersion(6, 10)) CountingProgram.NoteCookie(code);
        });
        try
        {
            using var link = RawTracepointLink.Attach(counting.Program, "sys_enter", cookie: 42);
            SystemCalls.GetProcessGroup(0);
            counting.Cookie.ShouldBe(42UL);
        }
        catch (BpfSyscallException error)
        {
            error.Message.ShouldContain("needs Linux 6.10");
        }
    }

    [KernelFact]
    public void Raw_tracepoint_names_those_spelt_alike_when_there_is_none()
    {
        using var counting = new CountingProgram(ProgramType.RawTracepoint);
        Should.Throw<BpfSyscallException>(() => RawTracepointLink.Attach(counting.Program, "sched_swich")).Message.ShouldContain("nearest: sched_switch");
    }

    [KernelFact]
    public void Typed_tracepoint_runs_the_program_at_each_hit()
    {
        Btf.Kernel.TryFind("btf_trace_sys_enter", BtfKind.Typedef, out var type).ShouldBeTrue();
        using var counting = new CountingProgram(ProgramType.Tracing, AttachType.TraceRawTp, attachBtfId: type.Id);
        using var link = TracingLink.Attach(counting.Program);
        SystemCalls.Repeat(10, () => SystemCalls.GetProcessGroup(0));
        counting.Runs.ShouldBeGreaterThanOrEqualTo(10UL);
        // The kernel makes no difference between raw and typed tracepoints once they are attached.
        link.GetInfo().ShouldBeOfType<RawTracepointLinkInfo>().Name.ShouldBe("sys_enter");
    }
}
