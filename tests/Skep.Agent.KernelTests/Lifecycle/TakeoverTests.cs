using System.Diagnostics;
using System.Text.Json;
using Shouldly;
using Skep.Engine.Processes;
using Skep.Engine.Runtime;
using Skep.Testing;

namespace Skep.Agent.KernelTests.Lifecycle;

public class TakeoverTests
{
    const int First = 0x5000_0000, Killed = 128 + 9;

    [KernelFact]
    public void Killed_agent_leaves_enforcement_and_the_next_one_knows_every_process()
    {
        using var pins = new PinDirectory();
        using var policies = new PolicyFile(PolicyFile.KillsOpenerOf("/etc/skep-forbidden"));
        Process? early = null, between = null;
        var stop = false;
        var load = new Thread(() =>
        {
            while (!Volatile.Read(ref stop)) Native.Run("/bin/true", "load");
        });
        try
        {
            string earlyId, earlyParent;
            using (var first = AgentProcess.Start("-f", policies.Path, "--pin-directory", pins.Path))
            {
                early = Process.Start("/bin/sleep", ["1001"]);
                var execution = first.AwaitEvent("process_exec", e => Arguments(e) == "1001").GetProperty("process");
                (earlyId, earlyParent) = (execution.GetProperty("exec_id").GetString()!, execution.GetProperty("parent_exec_id").GetString()!);
                OpenForbidden().ShouldBe(Killed);
                load.Start();
                Thread.Sleep(300);
                first.Kill();
            }
            for (var i = 0; i < 10; i++) OpenForbidden().ShouldBe(Killed);
            between = Process.Start("/bin/sleep", ["1002"]);

            using var second = AgentProcess.Start("-f", policies.Path, "--pin-directory", pins.Path);
            second.Messages.ShouldContain("took over");
            OpenForbidden().ShouldBe(Killed);
            stop = true;
            load.Join();
            early.Kill();
            between.Kill();
            var exit = second.AwaitEvent("process_exit", e => Arguments(e) == "1001").GetProperty("process");
            exit.GetProperty("exec_id").GetString().ShouldBe(earlyId);
            exit.GetProperty("parent_exec_id").GetString().ShouldBe(earlyParent);
            var betweenExit = second.AwaitEvent("process_exit", e => Arguments(e) == "1002").GetProperty("process").GetProperty("exec_id").GetString();
            second.Events("process_exec").Single(e => Arguments(e) == "1002").GetProperty("process").GetProperty("exec_id").GetString().ShouldBe(betweenExit);
            second.Events("process_exec").ShouldNotContain(e => Arguments(e) == "1001");
            second.AwaitEvent("process_kprobe", e => e.GetProperty("policy_name").GetString() == "forbidden");
            // Executions that happened while there was no agent are told too, and no process twice.
            var identities = second.Events("process_exec").Select(e => e.GetProperty("process").GetProperty("exec_id").GetString()).ToList();
            identities.Count.ShouldBe(identities.Distinct().Count());
            var ends = second.Events("process_exit").Select(e => e.GetProperty("process").GetProperty("exec_id").GetString()).ToList();
            ends.Count.ShouldBe(ends.Distinct().Count());
            second.Stop();
            second.ExitCode.ShouldBe(0);
            Directory.Exists(pins.Path).ShouldBeFalse();
            OpenForbidden().ShouldNotBe(Killed);
        }
        finally
        {
            stop = true;
            foreach (var process in (Process?[])[early, between])
            {
                if (process is { HasExited: false }) process.Kill();
                process?.Dispose();
            }
        }
    }

    [KernelFact]
    public void Second_agent_is_refused_with_the_pid_of_the_first()
    {
        using var pins = new PinDirectory();
        using var engine = SkepEngine.Start(new EngineOptions { PinDirectory = pins.Path }, new Listener());
        var (code, messages) = AgentProcess.Run("--pin-directory", pins.Path, "--duration", "1s");
        code.ShouldBe(1);
        messages.ShouldContain($"pid {Environment.ProcessId}");
        // Elsewhere there is room.
        using var other = new PinDirectory();
        AgentProcess.Run("--pin-directory", other.Path, "--duration", "1s").Code.ShouldBe(0);
        Directory.Exists(other.Path).ShouldBeFalse();
    }

    [KernelFact]
    public void Kept_policies_stay_in_force_until_they_are_removed()
    {
        using var pins = new PinDirectory();
        using var policies = new PolicyFile(PolicyFile.KillsOpenerOf("/etc/skep-kept"));
        using (var agent = AgentProcess.Start("-f", policies.Path, "--pin-directory", pins.Path, "--keep")) agent.Stop();
        Open("/etc/skep-kept").ShouldBe(Killed);
        SkepEngine.Remove(pins.Path).ShouldBeTrue();
        Directory.Exists(pins.Path).ShouldBeFalse();
        Open("/etc/skep-kept").ShouldNotBe(Killed);
        SkepEngine.Remove(pins.Path).ShouldBeFalse();
    }

    [KernelFact]
    public void Takeover_reports_every_call_once()
    {
        using var pins = new PinDirectory();
        var seen = new Dictionary<int, int>();
        var listener = new Listener { Call = (_, number, _) => seen[number] = seen.GetValueOrDefault(number) + 1 };
        var options = new EngineOptions { PinDirectory = pins.Path, KeepsInForce = true };
        var stop = false;
        var made = 0;
        var caller = new Thread(() =>
        {
            for (; !Volatile.Read(ref stop); made++)
            {
                _ = Native.GetProcessGroup(First + made);
                Thread.SpinWait(500);
            }
        });
        uint generation;
        using (var first = SkepEngine.Start(options, listener))
        {
            first.Apply([Rules.Calls("calls", First, int.MaxValue)]).Failures.ShouldBeEmpty();
            caller.Start();
            for (var i = 0; i < 20; i++) first.Poll(TimeSpan.FromMilliseconds(5));
            generation = first.GenerationInForce;
        }
        Thread.Sleep(50);
        using var second = SkepEngine.Start(options with { KeepsInForce = false }, listener);
        second.HasTakenOver.ShouldBeTrue();
        second.Apply([Rules.Calls("calls", First, int.MaxValue)]).Failures.ShouldBeEmpty();
        second.GenerationInForce.ShouldBe(generation + 1);
        for (var i = 0; i < 20; i++) second.Poll(TimeSpan.FromMilliseconds(5));
        stop = true;
        caller.Join();
        second.Poll(TimeSpan.FromMilliseconds(5));
        var lost = second.Statistics().Sum(s => s.LostRing);
        Console.Error.WriteLine($"{made} calls, {seen.Count} told, {second.Orphaned} of the former agent's policies, {lost} lost");
        seen.Values.ShouldAllBe(count => count == 1);
        second.Orphaned.ShouldBeGreaterThan(0);
        (seen.Count + second.Orphaned + lost).ShouldBe(made);
    }

    [KernelFact]
    public void Pins_of_another_layout_are_replaced()
    {
        using var pins = new PinDirectory();
        using (var former = SkepEngine.Start(new EngineOptions { PinDirectory = pins.Path, KeepsInForce = true }, new Listener()))
        {
            former.Apply([Rules.Calls("calls", First, First + 9)]).Failures.ShouldBeEmpty();
        }
        using (var control = Skep.Bpf.BpfMap.FromPin(Path.Combine(pins.Path, "control")))
        {
            var settings = new byte[control.ValueSize];
            control.TryLookup(new byte[4], settings).ShouldBeTrue();
            settings[^1] ^= 0xff;
            control.Update(new byte[4], settings);
        }
        var calls = 0;
        using var engine = SkepEngine.Start(new EngineOptions { PinDirectory = pins.Path }, new Listener { Call = (_, _, _) => calls++ });
        engine.HasTakenOver.ShouldBeFalse();
        engine.Apply([Rules.Calls("calls", First, First + 9)]).Failures.ShouldBeEmpty();
        Directory.Exists(pins.Path + "_replaced").ShouldBeFalse();
        _ = Native.GetProcessGroup(First);
        engine.Poll(TimeSpan.FromMilliseconds(5));
        calls.ShouldBe(1);
    }

    [KernelFact]
    public void Hangup_reloads_policies_and_keeps_the_old_ones_when_the_new_are_bad()
    {
        using var pins = new PinDirectory();
        using var policies = new PolicyFile(PolicyFile.KillsOpenerOf("/etc/skep-old"));
        using var agent = AgentProcess.Start("-f", policies.Path, "--pin-directory", pins.Path);
        Open("/etc/skep-old").ShouldBe(Killed);
        policies.Write("apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: bad\nspec:\n  kprobes:\n  - cal: x\n");
        agent.Signal(1);
        agent.AwaitMessage("not reloaded");
        agent.Messages.ShouldContain("policy.yaml:7:");
        Open("/etc/skep-old").ShouldBe(Killed);
        policies.Write(PolicyFile.KillsOpenerOf("/etc/skep-new"));
        agent.Signal(1);
        agent.AwaitMessage("reloaded, 1 policies");
        Open("/etc/skep-old").ShouldNotBe(Killed);
        Open("/etc/skep-new").ShouldBe(Killed);
    }

    static int OpenForbidden() => Open("/etc/skep-forbidden");

    static int Open(string file)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/cat", [file]) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }

    static string? Arguments(JsonElement e) => e.GetProperty("process").TryGetProperty("arguments", out var text) ? text.GetString() : null;
}
