using System.Diagnostics;
using Shouldly;
using Skep.Engine.Processes;
using Skep.Engine.Runtime;
using Skep.Testing;

namespace Skep.Agent.KernelTests.Lifecycle;

public class ReloadTests
{
    const int Callers = 2, Reloads = 20, First = 0x4000_0000, MaxCalls = 1 << 22;

    [KernelFact]
    public void Every_call_is_reported_once_across_twenty_reloads()
    {
        var self = Path.GetFileName(Environment.ProcessPath!);
        var seen = Enumerable.Range(0, Callers).Select(_ => (ByRange: new byte[MaxCalls], ByExecutable: new byte[MaxCalls])).ToArray();
        var identities = new HashSet<ProcessId>();
        var (executions, exits) = (new Dictionary<ProcessId, int>(), new Dictionary<ProcessId, int>());
        var listener = new Listener
        {
            Call = (policy, number, process) =>
            {
                if (number < First) return;
                var (caller, call) = ((number - First) / MaxCalls, (number - First) % MaxCalls);
                if (policy == "range") seen[caller].ByRange[call]++;
                else if (policy == "executable") seen[caller].ByExecutable[call]++;
                if (process.Id.Pid == Environment.ProcessId) identities.Add(process.Id);
            },
            Exec = process => Count(process, executions),
            Exit = (process, _) => Count(process, exits),
        };
        using var engine = SkepEngine.Start(new EngineOptions { RingSize = 64 << 20 }, listener);
        using var sleeper = Process.Start("/bin/sleep", ["1000"]);
        try
        {
            var stop = false;
            var made = new int[Callers];
            var spawned = 0;
            engine.Apply(Policies(0)).Failures.ShouldBeEmpty();
            var work = Enumerable.Range(0, Callers).Select(caller => new Thread(() =>
            {
                for (var call = 0; call < MaxCalls && !Volatile.Read(ref stop); call++)
                {
                    _ = Native.GetProcessGroup(First + caller * MaxCalls + call);
                    made[caller] = call + 1;
                    Thread.SpinWait(200);
                }
            })).Append(new Thread(() =>
            {
                while (!Volatile.Read(ref stop))
                {
                    if (Native.Run("/bin/true", "reload") > 0) spawned++;
                }
            })).ToList();
            foreach (var thread in work) thread.Start();
            ProcessInfo? before = null;
            for (var reload = 1; reload <= Reloads; reload++)
            {
                for (var i = 0; i < 5; i++) engine.Poll(TimeSpan.FromMilliseconds(5));
                before ??= engine.Processes.FindNewest((uint)sleeper.Id);
                engine.Apply(Policies(reload)).Failures.ShouldBeEmpty();
            }
            stop = true;
            foreach (var thread in work) thread.Join();
            for (var i = 0; i < 5; i++) engine.Poll(TimeSpan.FromMilliseconds(5));

            var statistics = engine.Measure();
            Console.Error.WriteLine($"{made.Sum()} calls, {spawned} processes, {Reloads} reloads; {string.Join("; ", statistics.Hooks)}");
            made.Min().ShouldBeGreaterThan(Reloads);
            statistics.Programs.Sum(p => p.Missed).ShouldBe(0);
            statistics.Malformed.ShouldBe(0);
            var lost = statistics.Hooks.Single(h => h.Hook.Contains("getpgid")).Lost;
            for (var caller = 0; caller < Callers; caller++)
            {
                foreach (var counts in (byte[][])[seen[caller].ByRange, seen[caller].ByExecutable])
                {
                    counts.Count(c => c > 1).ShouldBe(0);
                    counts.AsSpan(made[caller]).IndexOfAnyExcept((byte)0).ShouldBe(-1);
                }
            }
            // The ring may run full on a machine that is slow enough; that is counted.
            var missing = Enumerable.Range(0, Callers).Sum(caller => seen[caller].ByRange.AsSpan(0, made[caller]).Count((byte)0));
            missing.ShouldBe((int)lost);
            Enumerable.Range(0, Callers).Sum(caller => seen[caller].ByExecutable.AsSpan(0, made[caller]).Count((byte)0)).ShouldBe((int)lost);
            identities.Count.ShouldBe(1);

            executions.Values.ShouldAllBe(count => count == 1);
            exits.Values.ShouldAllBe(count => count == 1);
            if (statistics.Hooks.Single(h => h.Hook == HookStatistics.Sensor).Lost == 0)
            {
                executions.Count.ShouldBe(spawned);
                exits.Count.ShouldBe(spawned);
            }
            engine.Processes.FindNewest((uint)sleeper.Id).ShouldBe(before.ShouldNotBeNull());
        }
        finally
        {
            sleeper.Kill();
        }

        // With each reload bits and numbers of hooks and rules move.
        Skep.Engine.Rules.Policy[] Policies(int reload)
        {
            var range = Rules.Calls("range", First, int.MaxValue);
            var executable = Rules.Calls("executable", First, int.MaxValue, Rules.Executable(self));
            var other = Rules.Calls("other", 1, 2, Rules.Executable($"/other-{reload}"));
            return (reload % 3) switch { 0 => [range, executable], 1 => [other, executable, range], _ => [executable, other, range] };
        }

        static void Count(ProcessInfo process, Dictionary<ProcessId, int> counts)
        {
            if (process.Arguments.Span.SequenceEqual("/bin/true\0reload\0"u8)) counts[process.Id] = counts.GetValueOrDefault(process.Id) + 1;
        }
    }

    [KernelFact]
    public void Policies_that_cannot_be_had_leave_the_present_ones_in_force()
    {
        var events = new List<(string, int)>();
        using var engine = SkepEngine.Start(new EngineOptions(), new Listener { Call = (policy, number, _) => events.Add((policy, number)) });
        engine.Apply([Rules.Calls("present", First, First + 10)]).IsInForce.ShouldBeTrue();
        var missing = new Skep.Engine.Rules.Policy { Name = "missing", Hooks = [Rules.Calls("x", 1, 1).Hooks[0] with { Target = new Skep.Engine.Rules.SyscallHook("no_such_call") }] };
        var result = engine.Apply([Rules.Calls("next", First, First + 10), missing], asWhole: true);
        result.IsInForce.ShouldBeFalse();
        result.Failures.ShouldHaveSingleItem().Policy.ShouldBe(missing);
        _ = Native.GetProcessGroup(First + 1);
        engine.Poll(TimeSpan.FromMilliseconds(5));
        events.ShouldBe([("present", First + 1)]);
    }
}
