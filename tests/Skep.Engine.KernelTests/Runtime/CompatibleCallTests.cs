using System.Diagnostics;
using System.Runtime.InteropServices;
using Shouldly;
using Skep.Bpf;
using Skep.Engine.Compilation;
using Skep.Engine.Hooks;
using Skep.Engine.KernelTests.Kernel;
using Skep.Engine.Rules;
using Skep.Testing;

namespace Skep.Engine.KernelTests.Runtime;

/// <summary>System calls by int 0x80, which have numbers and registers of their own.</summary>
public sealed class CompatibleCallTests : IDisposable
{
    const int NoProcess = 777_777, NoSuchProcess = -3, Getpgid = 132, Getsid = 147, Mmap2 = 192;

    readonly string _directory = Directory.CreateTempSubdirectory("skep").FullName;

    [KernelFact(KernelFeature.CompatibleCalls)]
    public void Call_of_the_32_bit_table_is_told_from_that_of_the_64_bit_one()
    {
        var values = (ValueSpec[])[new() { Index = 0, Kind = ValueKind.Int32 }, new() { Source = ValueSource.Returned, Kind = ValueKind.Int32 }];
        var rules = (Rule[])[new() { When = new ValueCondition(0, new NumberPredicate([new NumberRange(NoProcess, NoProcess)])) }];
        HookTarget[] targets = [new SyscallHook("getpgid"), new SyscallHook("getpgid") { Is32Bit = true }, new SyscallHook("getsid") { Is32Bit = true }];
        using var probe = new EngineProbe(new Policy { Name = "p", Hooks = [.. targets.Select(t => new HookRequest { Target = t, Values = values, Rules = rules, WithReturn = true })] });
        probe.Plan.Hooks.Select(h => h.Hook.Mechanism).ShouldBe([HookMechanism.SyscallsExit, HookMechanism.SyscallExit], ignoreOrder: true);
        Run((Getpgid, [NoProcess]), (Getsid, [NoProcess]));
        _ = getpgid(NoProcess);
        probe.Events().Select(e => (e.Target, e.Numbers[0], e.Numbers[1])).ShouldBe([(targets[1], NoProcess, NoSuchProcess), (targets[2], NoProcess, NoSuchProcess), (targets[0], NoProcess, NoSuchProcess)]);
    }

    [KernelFact(KernelFeature.CompatibleCalls)]
    public void Arguments_come_from_the_registers_of_32_bit_programs()
    {
        var values = Enumerable.Range(0, 6).Select(i => new ValueSpec { Index = i, Kind = ValueKind.UInt64 }).ToArray();
        using var probe = new EngineProbe(new HookRequest { Target = new SyscallHook("mmap2") { Is32Bit = true }, Values = values, Rules = [new Rule { When = new ValueCondition(0, new NumberPredicate([new NumberRange(0x1234, 0x1234)])) }] });
        Run((Mmap2, [0x1234, 2, 3, 0x10, -1, 6]));
        probe.Events().ShouldHaveSingleItem().Numbers.ShouldBe([0x1234, 2, 3, 0x10, 0xffff_ffff, 6]);
    }

    [KernelFact(KernelFeature.CompatibleCalls)]
    public void Number_of_a_32_bit_call_at_the_tracepoint_of_all_carries_the_bit_of_its_table()
    {
        var values = (ValueSpec[])[new() { Index = 4, Kind = ValueKind.Syscall }];
        const long Number = 0x8000_0000L | Getpgid;
        using var probe = new EngineProbe(new HookRequest { Target = new TracepointHook("raw_syscalls", "sys_enter"), Values = values, Rules = [new Rule { When = new ValueCondition(0, new NumberPredicate([new NumberRange(Number, Number)])) }] });
        Run((Getpgid, [NoProcess]));
        probe.Events().ShouldHaveSingleItem().Numbers[0].ShouldBe(Number);
    }

    [KernelFact]
    public void Policy_about_calls_that_cannot_happen_is_in_force_and_says_so()
    {
        var request = new HookRequest { Target = new SyscallHook("getpgid") { Is32Bit = true }, Rules = [new Rule()] };
        var plan = GenerationPlan.Create([new Policy { Name = "p", Hooks = [request] }], new HookResolver(Btf.Kernel, whyNo32Bit: () => "booted without"), bestEffort: false);
        (plan.Policies.Count, plan.Hooks.Count).ShouldBe((1, 0));
        var left = plan.Failures.ShouldHaveSingleItem();
        (left.Reason, left.IsIgnored, left.NeverHappens).ShouldBe(("syscall:i386/getpgid: never called, booted without", true, true));
        // With others, those are watched.
        var both = new Policy { Name = "p", Hooks = [request, request with { Target = new SyscallHook("getsid") }] };
        plan = GenerationPlan.Create([both], new HookResolver(Btf.Kernel, whyNo32Bit: () => "booted without"), bestEffort: false);
        plan.Hooks.ShouldHaveSingleItem().Hook.Target.ShouldBe(new SyscallHook("getsid"));
        plan.Failures.ShouldAllBe(f => f.IsIgnored);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    void Run(params (int Number, int[] Arguments)[] calls)
    {
        var path = Path.Combine(_directory, "caller");
        File.WriteAllBytes(path, TinyProgram.CompatibleCalls(calls));
        if (OperatingSystem.IsLinux()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using var process = Process.Start(path);
        process.WaitForExit();
        process.ExitCode.ShouldBe(0);
    }

    [DllImport("libc")]
    static extern int getpgid(int pid);
}
