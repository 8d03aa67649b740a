using System.Diagnostics;
using System.Text;
using Shouldly;
using Skep.Engine.Processes;
using Skep.Engine.Runtime;
using Skep.Testing;

namespace Skep.Agent.KernelTests.Lifecycle;

public class ReloadTests
{
    const int Callers = 2, Reloads = 20, First = 0x4000_0000, MaxCalls = 1 << 22;

    static readonly string s_mark = $"reload-{Environment.ProcessId}";

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
                var (caller, call) = ((number - First) / MaxCalls, (number - First) % MaxCalls);
                if (policy == "range") seen[caller].ByRange[call]++;
                else if (policy == "executable") seen[caller].ByExecutable[call]++;
                identities.Add(process.Id);
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
                    if (Native.Run("/bin/true", s_mark) > 0) spawned++;
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
            missing.ShouldBeLessThanOrEqualTo((int)lost);
            Enumerable.Range(0, Callers).Sum(caller => seen[caller].ByExecutable.AsSpan(0, made[caller]).Count((byte)0)).ShouldBe(missing);
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
            var range = Rules.Calls("range", First, First + Callers * MaxCalls - 1);
            var executable = Rules.Calls("executable", First, First + Callers * MaxCalls - 1, Rules.Executable(self));
            var other = Rules.Calls("other", 1, 2, Rules.Executable($"/other-{reload}"));
            return (reload % 3) switch { 0 => [range, executable], 1 => [other, executable, range], _ => [executable, other, range] };
        }

        static void Count(ProcessInfo process, Dictionary<ProcessId, int> counts)
        {
            if (process.Arguments.Span.IndexOf(Encoding.ASCII.GetBytes(s_mark)) > 0) counts[process.Id] = counts.GetValueOrDefault(process.Id) + 1;
        }
    }

    [KernelFact]
    public void Descendants_of_an_ended_process_stay_known_across_reloads_and_takeovers()
    {
        var directory = Directory.CreateTempSubdirectory("skep-descent-").FullName;
        var (ancestor, running) = (Path.Combine(directory, "ancestor"), Path.Combine(directory, "running"));
        try
        {
            File.WriteAllText(running, "");
            File.Copy("/bin/sh", ancestor);
            using var pins = new PinDirectory();
            var events = 0;
            var listener = new Listener { AnyProcess = true, Call = (policy, _, _) => events += policy == "descendants" ? 1 : 0 };
            var options = new EngineOptions { PinDirectory = pins.Path, KeepsInForce = true };
            using (var first = SkepEngine.Start(options, listener))
            {
                first.Apply([Descendants(), Other(1)]).Failures.ShouldBeEmpty();
                // The shell that loops is a child of one that ends at once; its name is then gone too.
                using (var parent = Process.Start(ancestor, ["-c", $"(i=0; while [ -e {running} ] && [ $i -lt 2000 ]; do i=$((i+1)); /bin/cat {running}; /bin/sleep 0.05; done) >/dev/null 2>&1 &"])) parent.WaitForExit();
                File.Delete(ancestor);
                Expect(first);
                for (var reload = 0; reload < 4; reload++)
                {
                    first.Apply(reload % 2 == 0 ? [Other(reload), Other(reload + 10), Descendants()] : [Descendants(), Other(reload + 20)]).Failures.ShouldBeEmpty();
                    // Without a look at the processes in between, too.
                    if (reload != 1) Expect(first);
                }
            }
            using var second = SkepEngine.Start(options with { KeepsInForce = false }, listener);
            second.Apply([Other(99), Descendants()]).Failures.ShouldBeEmpty();
            Expect(second);

            void Expect(SkepEngine engine)
            {
                engine.Poll(TimeSpan.Zero);
                var (before, started) = (events, Stopwatch.GetTimestamp());
                while (events < before + 2 && Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20)) engine.Poll(TimeSpan.FromMilliseconds(5));
                events.ShouldBeGreaterThanOrEqualTo(before + 2);
            }
        }
        finally
        {
            File.Delete(running);
            Thread.Sleep(200);
            Directory.Delete(directory, recursive: true);
        }

        Skep.Engine.Rules.Policy Descendants() => Rules.Opens("descendants", running, Rules.Executable("/ancestor"));

        static Skep.Engine.Rules.Policy Other(int number) => Rules.Calls($"other-{number}", 1, 2, Rules.Executable($"/other-{number}"));
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
