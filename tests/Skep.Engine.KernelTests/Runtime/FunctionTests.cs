using System.Diagnostics;
using System.Runtime.InteropServices;
using Shouldly;
using Skep.Bpf;
using Skep.Engine.Compilation;
using Skep.Engine.Hooks;
using Skep.Engine.Rules;
using Skep.Testing;

namespace Skep.Engine.KernelTests.Runtime;

/// <summary>Kernel functions by every mechanism that a kernel may offer.</summary>
public class FunctionTests
{
    const int BadFile = 99_999, BadFileError = -9, Fallocate = 285;

    static readonly AttachFeature[] s_trampolines = [AttachFeature.Fentry, AttachFeature.Fexit, AttachFeature.ModifyReturn];
    // Compilers inline the last two into their system calls: the first two are what the tests call.
    static readonly string[] s_functions = ["ksys_read", "ksys_write", "ksys_pread64", "ksys_pwrite64"];
    static readonly ValueSpec[] s_values = [new() { Index = 0, Kind = ValueKind.Int32 }, new() { Index = 2, Kind = ValueKind.UInt64 }];
    static readonly Rule[] s_rules = [new() { When = Is(0, BadFile) }];

    [KernelFact(KernelFeature.KprobeMulti)]
    public void Functions_that_are_treated_alike_are_one_program_that_tells_which_one_was_called()
    {
        using var probe = new EngineProbe(List(s_functions));
        probe.Plan.Hooks.ShouldHaveSingleItem().Hook.Mechanism.ShouldBe(HookMechanism.FunctionsEntry);
        CallTwo();
        probe.Events().Select(e => (NameOf(e), e.Numbers[0], e.Numbers[1])).ShouldBe([("ksys_read", BadFile, 11), ("ksys_write", BadFile, 12)]);
    }

    [KernelFact(KernelFeature.KprobeSession)]
    public void Result_comes_with_the_arguments_at_the_return_of_many_functions() => SeeResults(together: true);

    [KernelFact(KernelFeature.Kprobe)]
    public void Result_comes_with_the_arguments_at_the_return_of_a_function() => SeeResults(together: false);

    static void SeeResults(bool together)
    {
        AttachFeature[] without = together ? s_trampolines : [.. s_trampolines, AttachFeature.KprobeSession];
        using var probe = new EngineProbe(without, List(s_functions, withReturn: true));
        probe.Plan.Hooks.Count.ShouldBe(together ? 1 : 4);
        probe.Plan.Hooks[0].Hook.Mechanism.ShouldBe(together ? HookMechanism.FunctionsReturn : HookMechanism.Kretprobe);
        CallTwo();
        probe.Events().Select(e => (NameOf(e), e.Numbers[0], e.Numbers[1], e.Numbers[2]))
            .ShouldBe([("ksys_read", BadFile, 11, BadFileError), ("ksys_write", BadFile, 12, BadFileError)]);
        probe.Statistics.ShouldAllBe(s => s.Lost == 0);
    }

    [KernelFact(KernelFeature.KprobeMulti)]
    public void Signal_at_the_entry_of_many_functions_kills()
    {
        var directory = Directory.CreateTempSubdirectory("skep");
        var program = Path.Combine(directory.FullName, "reader");
        File.Copy("/bin/cat", program);
        var rule = new Rule
        {
            When = new ExecutableCondition([new Skep.Engine.Matching.TextPattern(Skep.Engine.Matching.TextOperator.Equal, System.Text.Encoding.UTF8.GetBytes(program))], ProcessRelation.Self),
            Actions = [new SignalAction(9)],
        };
        using (var probe = new EngineProbe(List(s_functions, rules: [rule])))
        {
            using var child = Process.Start(new ProcessStartInfo(program, ["/etc/passwd"]) { RedirectStandardOutput = true })!;
            child.WaitForExit();
            child.ExitCode.ShouldBe(137);
            probe.Events().ShouldNotBeEmpty();
        }
        directory.Delete(recursive: true);
    }

    [KernelFact(KernelFeature.Trampoline)]
    public void Policy_that_wants_no_link_for_many_gets_one_each()
    {
        using var probe = new EngineProbe(List(s_functions) with { AttachesSingly = true });
        probe.Plan.Hooks.Select(h => h.Hook.Mechanism).ShouldBe(Enumerable.Repeat(HookMechanism.FunctionEntry, 4));
        probe.Plan.Hooks.ShouldAllBe(h => h.Hook.Reason.EndsWith("one by one, for the policy wants no kprobe.multi", StringComparison.Ordinal));
        CallTwo();
        probe.Events().Select(NameOf).ShouldBe(["ksys_read", "ksys_write"]);
    }

    [KernelFact(KernelFeature.KprobeMulti)]
    public void Function_that_cannot_be_traced_is_named_and_the_others_go_on()
    {
        string[] names = [.. s_functions, "no_such_function"];
        var policy = List(names, mayBeMissing: true);
        var plan = GenerationPlan.Create([policy], new HookResolver(Btf.Kernel), bestEffort: false);
        plan.Hooks.ShouldHaveSingleItem().Functions.ShouldBe(s_functions.Order(StringComparer.Ordinal));
        plan.Failures.Select(f => (((FunctionHook)f.Request!.Target).Function, f.IsIgnored)).ShouldBe([("no_such_function", true)]);

        plan = GenerationPlan.Create([List(names)], new HookResolver(Btf.Kernel), bestEffort: false);
        plan.Hooks.ShouldBeEmpty();
        plan.Failures.ShouldAllBe(f => !f.IsIgnored);
    }

    [KernelFact(KernelFeature.KprobeMulti)]
    public void Function_that_the_kernel_keeps_from_tracing_is_told_so()
    {
        var hidden = Untraceable();
        var plan = GenerationPlan.Create([List([.. s_functions, hidden])], new HookResolver(Btf.Kernel), bestEffort: true);
        plan.Hooks.ShouldHaveSingleItem().Functions.Count.ShouldBe(4);
        plan.Failures.ShouldHaveSingleItem().Reason.ShouldContain($"keeps '{hidden}' from being traced (notrace)");
    }

    /// <summary>No kernel here was built for it, so that the answer is a test's; what comes of it is this kernel's.</summary>
    [KernelFact]
    public void Error_is_returned_by_a_trampoline_where_the_kernel_allows_errors_to_be_injected()
    {
        const int ToldError = -5;
        var hook = new HookRequest { Target = new FunctionHook("ksys_read"), Values = s_values, Rules = [new Rule { When = Is(0, BadFile), Actions = [new OverrideAction(ToldError)] }] };
        var policy = new Policy { Name = "p", Hooks = [hook] };
        var plan = GenerationPlan.Create([policy], new HookResolver(Btf.Kernel, injectable: _ => true), bestEffort: false);
        plan.Failures.ShouldBeEmpty();
        var planned = plan.Hooks.ShouldHaveSingleItem();
        (planned.Hook.Mechanism, planned.Hook.Section, planned.Hook.Strength).ShouldBe((HookMechanism.ModifyReturn, "fmod_ret/ksys_read", ActionStrength.Prevented));
        var written = new GenerationWriter(plan, new KernelLayout(Skep.Engine.Runtime.KernelObjects.Engine().Btf!, 1), Btf.Kernel, new AtomTable(64)).Write();
        written.Programs[planned.ProgramName].SectionName.ShouldBe("fmod_ret/ksys_read");
        using var listing = new StringWriter();
        foreach (var function in written.Functions.Values) Skep.Bpf.Instructions.Disassembler.WriteListing(function, listing);
        listing.ToString().ShouldContain($"= {ToldError}");

        // Every function of this kernel, where it was not built so.
        if (ErrorInjection.ReachesSyscalls) return;
        plan = GenerationPlan.Create([policy], new HookResolver(Btf.Kernel), bestEffort: true);
        var reason = plan.Failures.ShouldHaveSingleItem().Reason;
        reason.ShouldContain("functions that the kernel allows errors to be injected into");
        reason.ShouldContain("bpf_override_return");
    }

    /// <summary>No kernel here lets a program write registers: the refusal has the kernel's own words.</summary>
    [KernelFact]
    public void Error_in_place_of_a_user_function_is_refused_with_what_the_kernel_says_to_it()
    {
        var hook = new UserFunctionHook(Environment.ProcessPath!) { Symbol = "main" };
        var reason = new HookResolver(Btf.Kernel).Resolve(hook, withReturn: false, overrides: true, acts: true).Failure.ShouldNotBeNull();
        if (!reason.Contains("may write registers there on this kernel")) reason.ShouldContain("refuses (invalid bpf_context access off=0 size=8; ");
        reason.ShouldContain("Signal and Sigkill");
    }

    [KernelFact(KernelFeature.KprobeSession)]
    public void Call_of_many_functions_that_began_before_a_reload_is_seen_when_it_returns() => ReloadInACall(together: true);

    [KernelFact(KernelFeature.Kprobe)]
    public void Call_of_a_function_that_began_before_a_reload_is_seen_when_it_returns() => ReloadInACall(together: false);

    static void ReloadInACall(bool together)
    {
        AttachFeature[] without = together ? s_trampolines : [.. s_trampolines, AttachFeature.KprobeSession];
        Span<int> ends = stackalloc int[2];
        pipe(ref ends[0]).ShouldBe(0);
        var (reading, writing) = (ends[0], ends[1]);
        var policy = List(s_functions, withReturn: true, rules: [new Rule { When = Is(0, reading) }]);
        using var probe = new EngineProbe(without, policy);
        var reader = new Thread(() => read(reading, new byte[77], 77));
        reader.Start();
        // Until it sleeps in the kernel.
        Thread.Sleep(300);
        probe.Replace(policy, List(["ksys_fchown"], rules: [new Rule { When = Is(0, BadFile) }]) with { Name = "q" });
        probe.Events().ShouldBeEmpty();
        write(writing, [1, 2, 3], 3).ShouldBe(3);
        reader.Join();
        var seen = probe.Events().ShouldHaveSingleItem();
        (NameOf(seen), seen.Numbers[0], seen.Numbers[1], seen.Numbers[2]).ShouldBe(("ksys_read", reading, 77, 3));
        _ = close(reading);
        _ = close(writing);
    }

    [KernelFact(KernelFeature.KprobeSession)]
    public void Calls_of_one_of_many_functions_in_itself_are_told_apart() => CallInACall(together: true);

    [KernelFact(KernelFeature.Kprobe)]
    public void Calls_of_a_function_in_itself_are_told_apart() => CallInACall(together: false);

    static void CallInACall(bool together)
    {
        var directory = Directory.CreateTempSubdirectory("skep").FullName;
        mount("tmpfs", directory, "tmpfs", 0, "").ShouldBe(0);
        try
        {
            foreach (var name in (string[])["lower", "upper", "work", "merged"]) Directory.CreateDirectory(Path.Combine(directory, name));
            mount("overlay", $"{directory}/merged", "overlay", 0, $"lowerdir={directory}/lower,upperdir={directory}/upper,workdir={directory}/work").ShouldBe(0);
            using var file = File.OpenHandle($"{directory}/merged/file", FileMode.Create, FileAccess.ReadWrite);
            ValueSpec[] values = [new() { Index = 0, Kind = ValueKind.UInt64 }, new() { Index = 2, Kind = ValueKind.Int64 }, new() { Source = ValueSource.Returned, Kind = ValueKind.Int32 }];
            Rule[] rules = [new Rule { When = Is(1, 7777) }];
            AttachFeature[] without = together ? s_trampolines : [.. s_trampolines, AttachFeature.KprobeSession];
            // Only the first is called; the others make a set of it.
            string[] names = together ? ["vfs_fallocate", "vfs_copy_file_range", "vfs_fsync_range", "vfs_llseek"] : ["vfs_fallocate"];
            using var probe = new EngineProbe(without, new Policy { Name = "p", Hooks = [.. names.Select(n => new HookRequest { Target = new FunctionHook(n), Values = values, Rules = rules, WithReturn = true })] });
            syscall(Fallocate, (long)file.DangerousGetHandle(), 0, 7777, 100).ShouldBe(0);
            var events = probe.Events();
            // A file of the overlay, in whose call that of the file below it ran.
            events.Select(e => (NameOf(e), e.Numbers[1], e.Numbers[2])).ShouldBe([("vfs_fallocate", 7777, 0), ("vfs_fallocate", 7777, 0)]);
            events[0].Numbers[0].ShouldNotBe(events[1].Numbers[0]);
            probe.Statistics.ShouldAllBe(s => s.Lost == 0);
        }
        finally
        {
            _ = umount2($"{directory}/merged", 2);
            _ = umount2(directory, 2);
            Directory.Delete(directory);
        }
    }

    /// <summary>A function that the kernel has and function tracing does not reach.</summary>
    static string Untraceable()
    {
        var traceable = KernelFunctions.Traceable()!;
        return File.ReadLines("/proc/kallsyms").Select(line => line.Split([' ', '\t'])).First(f => f is [_, "T", _] && !traceable.Contains(f[2]) && Btf.Kernel.TryFind(f[2], BtfKind.Function, out _))[2];
    }

    static Policy List(IEnumerable<string> functions, bool withReturn = false, Rule[]? rules = null, bool mayBeMissing = false)
    {
        ValueSpec[] values = withReturn ? [.. s_values, new ValueSpec { Source = ValueSource.Returned, Kind = ValueKind.Int32 }] : s_values;
        rules ??= s_rules;
        return new Policy { Name = "p", Hooks = [.. functions.Select(f => new HookRequest { Target = new FunctionHook(f), Values = values, Rules = rules, WithReturn = withReturn, MayBeMissing = mayBeMissing })] };
    }

    static ValueCondition Is(int value, long number) => new(value, new NumberPredicate([new NumberRange(number, number)]));

    static string NameOf(EngineProbe.Event seen) => ((FunctionHook)seen.Target).Function;

    static void CallTwo()
    {
        var buffer = new byte[20];
        read(BadFile, buffer, 11).ShouldBe(-1);
        write(BadFile, buffer, 12).ShouldBe(-1);
    }

    [DllImport("libc")]
    static extern nint read(int file, byte[] buffer, nint count);

    [DllImport("libc")]
    static extern nint write(int file, byte[] buffer, nint count);

    [DllImport("libc")]
    static extern int pipe(ref int ends);

    [DllImport("libc")]
    static extern int close(int file);

    [DllImport("libc")]
    static extern int mount([MarshalAs(UnmanagedType.LPUTF8Str)] string source, [MarshalAs(UnmanagedType.LPUTF8Str)] string target, [MarshalAs(UnmanagedType.LPUTF8Str)] string type, nuint flags, [MarshalAs(UnmanagedType.LPUTF8Str)] string data);

    [DllImport("libc")]
    static extern int umount2([MarshalAs(UnmanagedType.LPUTF8Str)] string target, int flags);

    [DllImport("libc")]
    static extern long syscall(long number, long a, long b, long c, long d);
}
