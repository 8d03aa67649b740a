using Shouldly;
using Skep.Bpf;
using Skep.Engine.Rules;
using Skep.Engine.Runtime;
using Skep.Testing;

namespace Skep.Agent.KernelTests.Lifecycle;

public class LossTests
{
    const int First = 0x6000_0000;

    [KernelFact]
    public void Stalled_consumer_loses_exactly_what_is_counted_and_costs_no_memory()
    {
        const int Calls = 200_000;
        var (told, ours) = (0L, 0);
        using var engine = SkepEngine.Start(new EngineOptions { RingSize = 1 << 20 }, new Listener { Hook = () => told++, Call = (_, _, _) => ours++ });
        // Everybody's calls, so that every run of the program is for an event.
        engine.Apply([Rules.CallsOf("getsid", "calls", int.MinValue, int.MaxValue)]).Failures.ShouldBeEmpty();
        engine.Poll(TimeSpan.Zero);
        var before = engine.Measure();
        for (var i = 0; i < Calls; i++) _ = Native.GetSession(First + i);
        var stalled = engine.Measure();
        // The socket and process maps grow with what happens on the machine; the ring does not.
        stalled.Maps["events"].ShouldBe(before.Maps["events"]);
        stalled.Maps["slots"].ShouldBe(before.Maps["slots"]);
        engine.Poll(TimeSpan.Zero);
        var after = engine.Measure();
        var hook = after.Hooks.Single(h => h.Hook.Contains("getsid"));
        Console.Error.WriteLine($"{hook}; maps {stalled.MapBytes / 1024} KiB, ring {stalled.Maps["events"] / 1024} KiB");
        hook.Hits.ShouldBeGreaterThanOrEqualTo(Calls);
        hook.Lost.ShouldBeGreaterThan(0);
        hook.Hits.ShouldBe(hook.Sent + hook.Lost + hook.Limited);
        told.ShouldBeGreaterThanOrEqualTo(hook.Sent);
        ours.ShouldBeLessThan(Calls);
        after.Malformed.ShouldBe(0);
        // What is made once the consumer is back arrives.
        var received = ours;
        _ = Native.GetSession(First);
        engine.Poll(TimeSpan.Zero);
        ours.ShouldBe(received + 1);
    }

    [KernelFact]
    public void Received_records_are_those_that_programs_sent()
    {
        using var engine = SkepEngine.Start(new EngineOptions(), new Listener());
        engine.Apply([Rules.CallsOf("getsid", "calls", First, int.MaxValue)]).Failures.ShouldBeEmpty();
        for (var i = 0; i < 1000; i++) _ = Native.GetSession(First + i);
        Native.Run("/bin/true", new string('x', 100_000)).ShouldBeGreaterThan(0);
        // Other processes of the machine may come in between.
        for (var attempt = 0; attempt < 100; attempt++)
        {
            engine.Poll(TimeSpan.FromMilliseconds(5));
            var now = engine.Measure();
            if (now.Hooks.Sum(h => h.Sent) == now.Received) return;
        }
        var statistics = engine.Measure();
        statistics.Received.ShouldBe(statistics.Hooks.Sum(h => h.Sent));
    }

    [KernelFact]
    public void Events_that_a_rate_limit_holds_back_are_counted()
    {
        var policy = Rules.CallsOf("getsid", "calls", First, int.MaxValue);
        var hook = policy.Hooks[0];
        var limited = policy with { Hooks = [hook with { Rules = [hook.Rules[0] with { Actions = [new PostAction { RateLimit = TimeSpan.FromHours(1) }] }] }] };
        var told = 0;
        using var engine = SkepEngine.Start(new EngineOptions(), new Listener { Call = (_, _, _) => told++ });
        engine.Apply([limited]).Failures.ShouldBeEmpty();
        for (var i = 0; i < 1000; i++) _ = Native.GetSession(First + i % 10);
        engine.Poll(TimeSpan.FromMilliseconds(5));
        var counted = engine.Measure().Hooks.Single(h => h.Hook.Contains("getsid"));
        counted.Limited.ShouldBeGreaterThanOrEqualTo(990);
        told.ShouldBe(10);
    }

    [KernelFact]
    public void Run_time_of_programs_is_measured_on_demand()
    {
        using var engine = SkepEngine.Start(new EngineOptions(), new Listener());
        engine.Apply([Rules.CallsOf("getsid", "calls", First, int.MaxValue)]).Failures.ShouldBeEmpty();
        ProgramCost Cost() => engine.Measure().Programs.Single(p => p.Hook.Contains("getsid"));
        _ = Native.GetSession(First);
        var before = Cost();
        using (RuntimeStatistics.Enable())
        {
            for (var i = 0; i < 1000; i++) _ = Native.GetSession(First + i);
        }
        var measured = Cost();
        Console.Error.WriteLine($"{measured.RunTime.TotalNanoseconds / measured.Runs:F0} ns a run");
        (measured.Runs - before.Runs).ShouldBeGreaterThanOrEqualTo(1000);
        measured.RunTime.ShouldBeGreaterThan(before.RunTime);
        engine.Measure().Maps.Keys.ShouldContain("counters");
        engine.Measure().MapBytes.ShouldBeGreaterThan(new EngineOptions().RingSize);
    }
}
