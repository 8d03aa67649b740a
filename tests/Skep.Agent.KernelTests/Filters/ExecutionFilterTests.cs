using System.Diagnostics;
using System.Text;
using Shouldly;
using Skep.Agent.KernelTests.Enforcement;
using Skep.Agent.KernelTests.Lifecycle;
using Skep.Engine.KernelTests.Kernel;
using Skep.Engine.Matching;
using Skep.Engine.Processes;
using Skep.Engine.Rules;
using Skep.Engine.Runtime;
using Skep.Testing;
using Skep.Tetragon.Policies;

namespace Skep.Agent.KernelTests.Filters;

/// <summary>Policies that choose executions and exits: the others do not leave the kernel, and whoever is met by another hook is known all the same.</summary>
public class ExecutionFilterTests
{
    const int Each = 100;
    const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserExecute;

    static readonly string s_mark = $"filter-{Environment.ProcessId}";

    [KernelFact]
    public void Only_executions_that_a_rule_wants_are_told()
    {
        using var directory = new TemporaryDirectory();
        var (wanted, other) = (directory.File("wanted"), directory.File("other"));
        File.Copy("/bin/true", wanted);
        File.Copy("/bin/true", other);
        var listener = new FilterListener(s_mark);
        using var engine = SkepEngine.Start(new EngineOptions(), listener);
        // While the first policies are loaded nothing chooses yet; that is no reason to tell.
        ChildProcess.Run(other, s_mark, "early");
        Apply(engine, $"""
            executions:
            - selectors:
              - matchBinaries:
                - {"{"}operator: In, values: ["{wanted}"]{"}"}
            """);
        for (var i = 0; i < Each; i++)
        {
            ChildProcess.Run(wanted, s_mark, $"{i}");
            ChildProcess.Run(other, s_mark, $"{i}");
        }
        Drain(engine);

        listener.Executions.Count.ShouldBe(Each);
        listener.Executions.ShouldAllBe(p => Text(p.Executable) == wanted && p.UnknownBecause == null && p.Parent!.Id.Pid == (uint)Environment.ProcessId);
        listener.Exits.Count.ShouldBe(Each);
        listener.Exits.ShouldAllBe(e => e.Process.EndTime > 0);
        var statistics = engine.Measure();
        var hook = statistics.Hooks.Single(h => h.Hook == "execution");
        hook.Hits.ShouldBeGreaterThanOrEqualTo(2 * Each);
        hook.Sent.ShouldBe(Each);
        hook.Lost.ShouldBe(0);
        statistics.Malformed.ShouldBe(0);
        AwaitBalance(engine);
    }

    [KernelTheory]
    [Xunit.InlineData("filename", "Postfix", "/wanted")]
    [Xunit.InlineData("executable", "Postfix", "/wanted")]
    [Xunit.InlineData("arguments", "SubString", "kind wanted")]
    [Xunit.InlineData("arguments", "Regex", " wanted [0-9]+$")]
    [Xunit.InlineData("cwd", "Equal", "/usr")]
    [Xunit.InlineData("comm", "Equal", "wanted")]
    public void Text_of_an_execution_is_compared_in_the_kernel(string name, string comparison, string text)
    {
        using var directory = new TemporaryDirectory();
        var (wanted, other) = (directory.File("wanted"), directory.File("other"));
        File.Copy("/bin/true", wanted);
        File.Copy("/bin/true", other);
        var listener = new FilterListener(s_mark);
        using var engine = SkepEngine.Start(new EngineOptions(), listener);
        Apply(engine, $"""
            executions:
            - args: [{"{"}name: {name}{"}"}]
              selectors:
              - matchArgs:
                - {"{"}args: [0], operator: {comparison}, values: ["{text}"]{"}"}
            """);
        for (var i = 0; i < 5; i++)
        {
            Run(wanted, "/usr", s_mark, "kind", "wanted", $"{i}");
            Run(other, "/", s_mark, "kind", "other", $"{i}");
        }
        Drain(engine);
        listener.Executions.Select(p => Text(p.Executable)).ShouldBe(Enumerable.Repeat(wanted, 5));
        engine.Measure().Hooks.Single(h => h.Hook == "execution").Sent.ShouldBe(name is "cwd" or "comm" ? listener.Executions.Count : 5, "what else of this machine runs there is not ours to count");
    }

    [KernelFact]
    public void What_the_kernel_cannot_decide_is_decided_in_user_space()
    {
        var listener = new FilterListener(s_mark);
        using var engine = SkepEngine.Start(new EngineOptions(), listener);
        Apply(engine, """
            executions:
            - args: [{name: arguments}]
              selectors:
              - matchArgs:
                - {args: [0], operator: Regex, values: ['\bwanted\b']}
            """);
        for (var i = 0; i < 10; i++)
        {
            ChildProcess.Run("/bin/true", s_mark, "wanted");
            ChildProcess.Run("/bin/true", s_mark, "unwanted");
        }
        Drain(engine);
        listener.Executions.Count.ShouldBe(10);
        listener.Executions.ShouldAllBe(p => !Text(p.Arguments).Contains("unwanted"));
        // The kernel let more through: their ends are no events either.
        listener.Exits.Count.ShouldBe(10);
    }

    [KernelFact]
    public void One_execution_is_one_event_however_many_policies_want_it()
    {
        using var directory = new TemporaryDirectory();
        var listener = new FilterListener(s_mark);
        using var engine = SkepEngine.Start(new EngineOptions(), listener);
        // Most of them differ in a name alone: one rule in the kernel.
        var policies = Enumerable.Range(0, 20).Select(i => new Policy
        {
            Name = $"p{i}",
            Hooks = [new HookRequest { Target = new ExecutionHook(), Rules = [new Rule { When = new ExecutableCondition([new TextPattern(TextOperator.Equal, Encoding.UTF8.GetBytes(directory.File($"program{i}")))], ProcessRelation.Self) }] }],
        }).ToList();
        policies.Add(new Policy { Name = "all", Hooks = [new HookRequest { Target = new ExecutionHook() }] });
        engine.Apply(policies).Failures.ShouldBeEmpty();
        foreach (var i in (int[])[3, 17])
        {
            File.Copy("/bin/true", directory.File($"program{i}"));
            ChildProcess.Run(directory.File($"program{i}"), s_mark);
        }
        Drain(engine);
        listener.Executions.Select(p => Path.GetFileName(Text(p.Executable))).ShouldBe(["program3", "program17"]);
        engine.Policies.Where(p => p.Policy.Name != "all" && p.Events > 0).Select(p => p.Policy.Name).ShouldBe(["p3", "p17"]);
    }

    [KernelFact]
    public void Deleted_and_anonymous_executables_are_found_by_their_flags()
    {
        using var directory = new TemporaryDirectory();
        var gone = directory.File("gone");
        File.Copy("/bin/true", gone);
        var listener = new FilterListener(s_mark);
        using var engine = SkepEngine.Start(new EngineOptions(), listener);
        Apply(engine, """
            executions:
            - args: [{name: flags}]
              selectors:
              - matchArgs:
                - {args: [0], operator: Mask, values: [unlinked, memfd]}
            """);
        ChildProcess.Shell($"exec 3<{gone}; rm {gone}; /proc/self/fd/3 {s_mark} & wait");
        ChildProcess.Run("/bin/true", s_mark);
        Drain(engine);
        listener.Executions.Single().Flags.HasFlag(ProcessFlags.Unlinked).ShouldBeTrue();
    }

    [KernelFact]
    public void Exits_are_chosen_by_their_code_and_signal()
    {
        var listener = new FilterListener(s_mark);
        using var engine = SkepEngine.Start(new EngineOptions(), listener);
        Apply(engine, """
            exits:
            - args: [{name: code}, {name: signal}]
              selectors:
              - matchArgs:
                - {args: [0], operator: Equal, values: ["3"]}
              - matchArgs:
                - {args: [1], operator: Equal, values: ["9"]}
            """);
        for (var i = 0; i < 20; i++)
        {
            ChildProcess.Run("/bin/sh", "-c", "exit 3", s_mark);
            ChildProcess.Run("/bin/sh", "-c", "exit 0", s_mark);
            ChildProcess.Run("/bin/sh", "-c", "kill -9 $$", s_mark);
        }
        Drain(engine);
        // Nothing chooses among executions.
        listener.Executions.Count.ShouldBe(60);
        listener.Exits.Count(e => e.Status == 3 << 8).ShouldBe(20);
        listener.Exits.Count(e => (e.Status & 0x7f) == 9).ShouldBe(20);
        listener.Exits.Count.ShouldBe(40);
        engine.Processes.Processes.Count(p => p.EndTime == 0 && p.Arguments.Span.IndexOf(Encoding.UTF8.GetBytes(s_mark)) >= 0).ShouldBe(0);
        AwaitBalance(engine);
    }

    [KernelFact]
    public void Exit_of_a_process_whose_execution_nobody_wanted_says_who_it_was()
    {
        var listener = new FilterListener(s_mark);
        using var engine = SkepEngine.Start(new EngineOptions(), listener);
        Apply(engine, """
            executions:
            - selectors:
              - matchBinaries:
                - {operator: In, values: ["/nowhere"]}
            exits:
            - args: [{name: code}]
              selectors:
              - matchBinaries:
                - {operator: Postfix, values: ["sh"]}
                matchArgs:
                - {args: [0], operator: Equal, values: ["7"]}
            """);
        for (var i = 0; i < 20; i++)
        {
            ChildProcess.Run("/bin/sh", "-c", "exit 7", s_mark);
            ChildProcess.Run("/bin/sh", "-c", "exit 0", s_mark);
        }
        Drain(engine);
        listener.Executions.ShouldBeEmpty();
        listener.Exits.Count.ShouldBe(20);
        listener.Exits.ShouldAllBe(e => e.Status == 7 << 8 && e.Process.UnknownBecause == null && e.Process.Executable.Length > 0 && e.Process.Parent!.Id.Pid == (uint)Environment.ProcessId);
    }

    [KernelFact]
    public void Hook_tells_everything_of_a_process_that_was_left_out()
    {
        using var directory = new TemporaryDirectory();
        var file = directory.File("file");
        File.WriteAllText(file, "");
        var listener = new FilterListener(s_mark);
        using var engine = SkepEngine.Start(new EngineOptions(), listener);
        Policy[] both = [Nothing(), Rules.Opens("opens", file)];
        engine.Apply(both).Failures.ShouldBeEmpty();
        var before = Now();
        // The shell is left out too; it waits for the second line, so that it is there when its child is told.
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"/usr/bin/tail -n +1 -f --pid=$$ {file} {file} {s_mark} 2>&1; read line", s_mark]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        try
        {
            Await(engine, () => listener.Hooks.Count >= 2);
            var told = listener.Hooks[0];
            told.UnknownBecause.ShouldBeNull();
            Path.GetFileName(Text(told.Executable)).ShouldBe("tail");
            Text(told.Arguments).ShouldContain(file);
            Text(told.WorkingDirectory).ShouldBe(Environment.CurrentDirectory);
            told.Flags.HasFlag(ProcessFlags.Forked).ShouldBeFalse();
            told.Id.Start.ShouldBeInRange(before, Now());
            listener.Hooks[1].ShouldBe(told);
            listener.Executions.ShouldBeEmpty();
            var parent = told.Parent.ShouldNotBeNull();
            parent.Id.Pid.ShouldBe((uint)shell.Id);
            parent.UnknownBecause.ShouldNotBeNull().ShouldContain("/proc");
            Text(parent.Arguments).ShouldContain(s_mark);
            engine.Processes.Counters.LostStarts.ShouldBe(0);

            // Told early or late, it is the same process.
            engine.Apply([Rules.Opens("opens", file)]).Failures.ShouldBeEmpty();
            using (var other = Process.Start("kill", [$"{told.Id.Pid}"])) other.WaitForExit();
            Await(engine, () => listener.Exits.Count > 0);
            listener.Exits[0].Process.ShouldBe(told);
            shell.StandardInput.WriteLine();
            shell.WaitForExit();
            // The parent, of which user space had heard by name alone, has ended too.
            Drain(engine);
            engine.Processes.Find(parent.Id).ShouldNotBeNull().EndTime.ShouldBeGreaterThan(0ul);
        }
        finally
        {
            if (!shell.HasExited) shell.Kill(entireProcessTree: true);
        }
    }

    [KernelFact]
    public void All_ancestors_are_known_of_a_process_that_was_left_out_with_them()
    {
        using var directory = new TemporaryDirectory();
        var file = directory.File("file");
        File.WriteAllText(file, "");
        var listener = new FilterListener(s_mark);
        using var engine = SkepEngine.Start(new EngineOptions(), listener);
        engine.Apply([Nothing(), Rules.Opens("opens", file)]).Failures.ShouldBeEmpty();
        // Four shells in each other, each with something to do after what it starts.
        var command = $"/usr/bin/tail -n +1 -f --pid=$$ {file} {s_mark} 2>&1; read line";
        for (var i = 0; i < 3; i++) command = $"sh -c '{command.Replace("'", "'\\''", StringComparison.Ordinal)}' {s_mark}; :";
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command, s_mark]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        try
        {
            Await(engine, () => listener.Hooks.Count >= 1);
            var told = listener.Hooks[0];
            listener.Executions.ShouldBeEmpty();
            var ancestors = new List<ProcessInfo>();
            foreach (var ancestor in told.Ancestors) ancestors.Add(ancestor);
            ancestors.Count.ShouldBeGreaterThan(5);
            ancestors[3].Id.Pid.ShouldBe((uint)shell.Id);
            ancestors[4].Id.Pid.ShouldBe((uint)Environment.ProcessId);
            var left = ancestors[..4];
            left.ShouldAllBe(p => Text(p.Arguments).Contains(s_mark) && p.UnknownBecause!.Contains("/proc") && p.EndTime == 0);
            left.Select(p => p.Id).Distinct().Count().ShouldBe(4);
            engine.Processes.Counters.LostStarts.ShouldBe(0);

            // Told for itself, each is the one that it was taken for.
            engine.Apply([Rules.Opens("opens", file)]).Failures.ShouldBeEmpty();
            using (var other = Process.Start("kill", [$"{told.Id.Pid}"])) other.WaitForExit();
            shell.StandardInput.WriteLine();
            shell.WaitForExit();
            Await(engine, () => listener.Exits.Count >= 5);
            listener.Exits.Select(e => e.Process.Id).ShouldBe([told.Id, .. left.Select(p => p.Id)], ignoreOrder: true);
        }
        finally
        {
            if (!shell.HasExited) shell.Kill(entireProcessTree: true);
        }
    }

    [KernelFact]
    public void Child_that_has_only_forked_is_told_with_what_it_has_of_its_parent()
    {
        using var directory = new TemporaryDirectory();
        var file = directory.File("file");
        File.WriteAllText(file, "");
        var listener = new FilterListener(s_mark);
        using var engine = SkepEngine.Start(new EngineOptions(), listener);
        engine.Apply([Nothing(), Rules.Opens("opens", file)]).Failures.ShouldBeEmpty();
        ChildProcess.Run("/bin/sh", "-c", $"( read line < {file} ); ( read line < {file} ); true", s_mark);
        Drain(engine);
        listener.Hooks.Select(p => p.Id).Distinct().Count().ShouldBe(2);
        listener.Hooks.ShouldAllBe(p => p.UnknownBecause == null && p.Flags.HasFlag(ProcessFlags.Forked) && p.EndTime > 0);
        listener.Hooks[0].ParentId.ShouldBe(listener.Hooks[1].ParentId);
        listener.Exits.ShouldBeEmpty();
    }

    [KernelFact]
    public void Process_that_was_left_out_by_former_policies_is_known_to_later_ones()
    {
        var listener = new FilterListener(s_mark);
        using var engine = SkepEngine.Start(new EngineOptions(), listener);
        engine.Apply([Nothing()]).Failures.ShouldBeEmpty();
        using var sleeper = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "read line; exit 5", s_mark]) { RedirectStandardInput = true })!;
        Drain(engine);
        engine.Processes.FindNewest((uint)sleeper.Id).ShouldBeNull();
        engine.Apply([]).Failures.ShouldBeEmpty();
        sleeper.Kill();
        sleeper.WaitForExit();
        Drain(engine);
        var process = engine.Processes.FindNewest((uint)sleeper.Id).ShouldNotBeNull();
        // Where the kernel reports an end after the memory is gone (before 6.16), nobody knows any more, and that is said.
        if (process.UnknownBecause is null) Text(process.Arguments).ShouldContain(s_mark);
        process.EndTime.ShouldBeGreaterThan(0ul);
    }

    [KernelFact]
    public void Policy_that_is_switched_off_chooses_nothing()
    {
        var listener = new FilterListener(s_mark);
        using var engine = SkepEngine.Start(new EngineOptions(), listener);
        engine.Apply([Nothing()]).Failures.ShouldBeEmpty();
        ChildProcess.Run("/bin/true", s_mark);
        engine.SetMode("nothing", "", PolicyMode.Disabled).ShouldBeTrue();
        ChildProcess.Run("/bin/echo", s_mark);
        engine.SetMode("nothing", "", PolicyMode.Enforce).ShouldBeTrue();
        ChildProcess.Run("/bin/true", s_mark);
        Drain(engine);
        Text(listener.Executions.Single().Arguments).ShouldStartWith("/bin/echo");
    }

    [KernelFact]
    public void Kill_at_an_execution_leaves_no_effect_and_is_said()
    {
        const int Attempts = 50;
        using var directory = new TemporaryDirectory();
        var (doomed, trace) = (directory.File("doomed"), directory.File("trace"));
        File.WriteAllBytes(doomed, TinyProgram.FileCreator(trace));
        if (OperatingSystem.IsLinux()) File.SetUnixFileMode(doomed, Executable);
        var listener = new FilterListener(doomed);
        using var engine = SkepEngine.Start(new EngineOptions(), listener);
        Apply(engine, $"""
            executions:
            - selectors:
              - matchBinaries:
                - {"{"}operator: In, values: ["{doomed}"]{"}"}
                matchActions:
                - action: Sigkill
            """);
        for (var i = 0; i < Attempts; i++)
        {
            ChildProcess.Run(doomed).WasKilled.ShouldBeTrue($"attempt {i}");
            File.Exists(trace).ShouldBeFalse($"attempt {i}");
        }
        Drain(engine);
        listener.Lines.Count.ShouldBe(Attempts);
        listener.Lines.ShouldAllBe(line => line.Contains("\"policy_name\":\"chosen\",\"action\":\"KPROBE_ACTION_SIGKILL\""));
    }

    [KernelFact]
    public void Every_execution_is_told_once_or_not_at_all_while_filters_come_and_go()
    {
        const int Reloads = 20;
        using var directory = new TemporaryDirectory();
        var (wanted, other) = (directory.File("wanted"), directory.File("other"));
        File.Copy("/bin/true", wanted);
        File.Copy("/bin/true", other);
        var listener = new FilterListener(s_mark);
        using var engine = SkepEngine.Start(new EngineOptions { RingSize = 64 << 20 }, listener);
        var chosen = TracingPolicyFile.Parse(PolicyText.Of("chosen", $"""
            executions:
            - selectors:
              - matchBinaries:
                - {"{"}operator: In, values: ["{wanted}"]{"}"}
            """), "policy.yaml").Policies[0];
        engine.Apply([chosen]).Failures.ShouldBeEmpty();
        var (stop, made) = (false, 0);
        var work = new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                Lifecycle.Native.Run(wanted, s_mark).ShouldBeGreaterThan(0);
                Lifecycle.Native.Run(other, s_mark).ShouldBeGreaterThan(0);
                made++;
            }
        });
        work.Start();
        for (var reload = 0; reload < Reloads; reload++)
        {
            for (var i = 0; i < 5; i++) engine.Poll(TimeSpan.FromMilliseconds(5));
            engine.Apply(reload % 2 == 0 ? [] : [chosen]).Failures.ShouldBeEmpty();
        }
        stop = true;
        work.Join();
        Drain(engine);

        engine.Measure().Hooks.Sum(h => h.Lost).ShouldBe(0);
        // What is wanted is told once under either; the rest only under the one that chooses nothing.
        listener.Executions.Count(p => Text(p.Executable) == wanted).ShouldBe(made);
        listener.Executions.Select(p => p.Id).Distinct().Count().ShouldBe(listener.Executions.Count);
        listener.Executions.Count(p => Text(p.Executable) == other).ShouldBeInRange(1, made - 1);
        listener.Exits.Count(e => Text(e.Process.Executable) == wanted).ShouldBe(made);
        listener.Exits.Select(e => e.Process.Id).Distinct().Count().ShouldBe(listener.Exits.Count);
        engine.Processes.Processes.Count(p => p.EndTime == 0 && p.Arguments.Span.IndexOf(Encoding.UTF8.GetBytes(s_mark)) >= 0).ShouldBe(0);
    }

    [KernelFact]
    public void Next_agent_goes_on_with_what_is_wanted()
    {
        using var pins = new PinDirectory();
        using var directory = new TemporaryDirectory();
        var (wanted, other) = (directory.File("wanted"), directory.File("other"));
        File.Copy("/bin/sleep", wanted);
        File.Copy("/bin/sleep", other);
        using var policies = new PolicyFile(PolicyText.Of("chosen", $"""
            executions:
            - selectors:
              - matchBinaries:
                - {"{"}operator: In, values: ["{wanted}"]{"}"}
            """));
        using var early = new Sleepers();
        using (var first = AgentProcess.Start("-f", policies.Path, "--pin-directory", pins.Path))
        {
            early.Start(wanted, "1001");
            early.Start(other, "1002");
            first.AwaitEvent("process_exec", e => Arguments(e) == "1001");
            first.Kill();
        }
        early.Start(wanted, "1003");
        early.Start(other, "1004");
        using var second = AgentProcess.Start("-f", policies.Path, "--pin-directory", pins.Path);
        early.Start(wanted, "1005");
        early.Start(other, "1006");
        early.Dispose();
        second.AwaitEvent("process_exit", e => Arguments(e) == "1005");
        second.Stop();
        second.Events("process_exec").Select(Arguments).Where(a => a.StartsWith("100", StringComparison.Ordinal)).ShouldBe(["1003", "1005"]);
        second.Events("process_exit").Select(Arguments).Where(a => a.StartsWith("100", StringComparison.Ordinal)).Order().ShouldBe(["1001", "1003", "1005"]);
    }

    static string Arguments(System.Text.Json.JsonElement e) => e.GetProperty("process").TryGetProperty("arguments", out var text) ? text.GetString()! : "";

    /// <summary>Chooses executions, and none of them.</summary>
    static Policy Nothing() => new()
    {
        Name = "nothing",
        Hooks = [new HookRequest { Target = new ExecutionHook(), Rules = [new Rule { When = new ExecutableCondition([new TextPattern(TextOperator.Equal, "/nowhere"u8.ToArray())], ProcessRelation.Self) }] }],
    };

    static void Apply(SkepEngine engine, string section)
    {
        var read = TracingPolicyFile.Parse(PolicyText.Of("chosen", section), "policy.yaml");
        read.Diagnostics.ShouldBeEmpty();
        engine.Apply(read.Policies).Failures.ShouldBeEmpty();
    }

    static void Run(string program, string directory, params IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = directory })!;
        process.WaitForExit();
    }

    static void Drain(SkepEngine engine)
    {
        for (var i = 0; i < 20; i++) engine.Poll(TimeSpan.FromMilliseconds(5));
    }

    static void Await(SkepEngine engine, Func<bool> done)
    {
        for (var i = 0; i < 2000 && !done(); i++) engine.Poll(TimeSpan.FromMilliseconds(5));
        done().ShouldBeTrue();
    }

    /// <summary>Other processes of the machine may come in between.</summary>
    static void AwaitBalance(SkepEngine engine)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            engine.Poll(TimeSpan.FromMilliseconds(5));
            var now = engine.Measure();
            if (now.Hooks.Sum(h => h.Sent) == now.Received) return;
        }
        var statistics = engine.Measure();
        statistics.Received.ShouldBe(statistics.Hooks.Sum(h => h.Sent));
    }

    static ulong Now() => (ulong)(Stopwatch.GetTimestamp() * (1_000_000_000.0 / Stopwatch.Frequency));

    static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    sealed class Sleepers : IDisposable
    {
        readonly List<Process> _processes = [];

        public void Start(string program, string argument) => _processes.Add(Process.Start(program, [argument]));

        public void Dispose()
        {
            foreach (var process in _processes)
            {
                process.Kill();
                process.WaitForExit();
                process.Dispose();
            }
            _processes.Clear();
        }
    }
}
