using System.Net;
using System.Net.Sockets;
using System.Text;
using Shouldly;
using Skep.Engine.Matching;
using Skep.Engine.Rules;
using Skep.Engine.Runtime;
using Skep.Testing;
using Xunit;

namespace Skep.Agent.KernelTests.Lifecycle;

/// <summary>What is counted of policies and what they cost.</summary>
public class AccountTests
{
    const int First = 0x5000_0000, IgnoredSignal = 23;

    [KernelFact]
    public void Rules_count_what_became_of_their_matches_and_keep_it_across_reloads()
    {
        using var engine = SkepEngine.Start(new EngineOptions(), new Listener());
        var counted = Policy("counted", Number(1), Number(2, new NoPostAction()), Number(3, new PostAction(TimeSpan.FromHours(1))), Number(4, new SignalAction(IgnoredSignal)));
        var monitoring = Policy("monitoring", Number(5, new SignalAction(9))) with { Mode = PolicyMode.Monitor };
        engine.Apply([counted, monitoring]).Failures.ShouldBeEmpty();
        Call();
        Check(1);
        engine.Apply([Rules.Calls("other", 1, 2), monitoring, counted]).Failures.ShouldBeEmpty();
        Check(1);
        Call();
        Check(2);
        engine.Apply([monitoring]).Failures.ShouldBeEmpty();
        engine.Apply([monitoring, counted]).Failures.ShouldBeEmpty();
        Statistics("counted").Rules.Sum(r => r.Matched).ShouldBe(0);
        Statistics("monitoring").Rules.Sum(r => r.Matched).ShouldBe(2);

        void Call()
        {
            foreach (var number in (int[])[1, 2, 3, 3, 4, 5]) _ = Native.GetProcessGroup(First + number);
            engine.Poll(TimeSpan.FromMilliseconds(5));
        }

        void Check(int times)
        {
            var rules = Statistics("counted").Rules;
            rules.Select(r => (r.Request, r.Rule)).ShouldBe([(0, 0), (0, 1), (0, 2), (0, 3)]);
            rules.Select(r => r.Matched).ShouldBe([times, times, 2 * times, times]);
            rules.Select(r => r.Posted).ShouldBe([times, 0, 1, times]);
            rules.Select(r => r.NotPosted).ShouldBe([0, times, 0, 0]);
            rules.Select(r => r.Limited).ShouldBe([0, 0, 2 * times - 1, 0]);
            rules.Select(r => r.Signalled).ShouldBe([0, 0, 0, times]);
            Statistics("counted").Events.ShouldBe(2 * times + 1);
            var would = Statistics("monitoring").Rules.ShouldHaveSingleItem();
            (would.Matched, would.Posted, would.Signalled, would.WouldSignal).ShouldBe((times, times, 0, times));
        }

        // As an API does it.
        PolicyStatistics Statistics(string policy) => Task.Run(engine.Measure).GetAwaiter().GetResult().Policies.Single(p => p.Policy.Name == policy);
    }

    [KernelFact]
    public void Rate_limit_holds_when_policies_change_around_it()
    {
        var events = 0;
        using var engine = SkepEngine.Start(new EngineOptions(), new Listener { Call = (policy, _, _) => events += policy == "limited" ? 1 : 0 });
        var limited = Policy("limited", Number(1, new PostAction(TimeSpan.FromHours(1))));
        var (wide, text) = (Rules.Calls("wide", First + 1, First + 1), Rules.Calls("other", 1, 2));
        wide = wide with { Hooks = [wide.Hooks[0] with { Values = [new ValueSpec { Index = 0, Kind = ValueKind.UInt64 }] }] };
        engine.Apply([limited]).Failures.ShouldBeEmpty();
        Call();
        engine.Apply([wide, text, limited]).Failures.ShouldBeEmpty();
        Call();
        engine.Apply([text, limited]).Failures.ShouldBeEmpty();
        Call();
        events.ShouldBe(1);

        void Call()
        {
            _ = Native.GetProcessGroup(First + 1);
            engine.Poll(TimeSpan.FromMilliseconds(5));
        }
    }

    [KernelFact]
    public void Mode_set_at_run_time_stays_until_the_policy_itself_changes_its_own()
    {
        using var engine = SkepEngine.Start(new EngineOptions(), new Listener());
        var policy = Policy("switched", Number(1, new SignalAction(IgnoredSignal)));
        engine.Apply([policy]).Failures.ShouldBeEmpty();
        engine.SetMode("switched", "", PolicyMode.Monitor).ShouldBeTrue();
        engine.Apply([Rules.Calls("other", 1, 2), policy]).Failures.ShouldBeEmpty();
        engine.Policies.Single(p => p.Policy.Name == "switched").Mode.ShouldBe(PolicyMode.Monitor);
        _ = Native.GetProcessGroup(First + 1);
        engine.Measure().Policies.Single(p => p.Policy.Name == "switched").Rules.Sum(r => r.WouldSignal).ShouldBe(1);
        engine.Apply([policy with { Mode = PolicyMode.Disabled }]).Failures.ShouldBeEmpty();
        engine.Policies.ShouldHaveSingleItem().Mode.ShouldBe(PolicyMode.Disabled);
        engine.Apply([]).Failures.ShouldBeEmpty();
        engine.Apply([policy]).Failures.ShouldBeEmpty();
        engine.Policies.ShouldHaveSingleItem().Mode.ShouldBe(PolicyMode.Enforce);
    }

    [KernelFact]
    public void Shares_of_kernel_memory_are_those_of_the_rules_and_a_table_costs_its_policy()
    {
        using var engine = SkepEngine.Start(new EngineOptions(), new Listener());
        var paths = Enumerable.Range(0, 1000).Select(i => new TextPattern(TextOperator.Prefix, Encoding.UTF8.GetBytes($"/nowhere/{i}/"))).ToList();
        var large = Rules.Opens("large", "/nowhere");
        large = large with { Hooks = [large.Hooks[0] with { Rules = [new Rule { When = new ValueCondition(0, new TextPredicate(paths)) }] }] };
        engine.Apply([Policy("one", Number(1)), Policy("three", Number(2), Number(3), Number(4)), large]).Failures.ShouldBeEmpty();
        var policies = engine.Measure().Policies;
        Console.Error.WriteLine(string.Join("; ", policies.Select(p => $"{p.Policy.Name}: {p.KernelBytes} bytes")));
        policies[0].KernelBytes.ShouldBeGreaterThan(0);
        ((double)policies[1].KernelBytes / policies[0].KernelBytes).ShouldBe(3, tolerance: 0.01);
        policies[2].KernelBytes.ShouldBeGreaterThan(20_000);
    }

    [KernelFact]
    public void Dropped_matches_are_told()
    {
        using var engine = SkepEngine.Start(new EngineOptions(), new Listener());
        var policy = Rules.Opens("residual", "/nowhere");
        policy = policy with { Hooks = [policy.Hooks[0] with { Rules = [new Rule { When = new All([Path(TextOperator.Prefix, "/no-such-folder-of-accounts/"), Path(TextOperator.Regex, "\\bsecret\\b")]) }] }] };
        engine.Apply([policy]).Failures.ShouldBeEmpty();
        Should.Throw<DirectoryNotFoundException>(() => File.OpenRead("/no-such-folder-of-accounts/secretary"));
        Should.Throw<DirectoryNotFoundException>(() => File.OpenRead("/no-such-folder-of-accounts/secret"));
        engine.Poll(TimeSpan.FromMilliseconds(5));
        engine.Apply([policy, Rules.Calls("other", 1, 2)]).Failures.ShouldBeEmpty();
        var statistics = engine.Measure();
        statistics.Dropped.ShouldBe(1);
        statistics.Unclaimed.ShouldBe(0);
        var rule = statistics.Policies.Single(p => p.Policy.Name == "residual").Rules.ShouldHaveSingleItem();
        (rule.Matched, rule.Posted, rule.Dropped).ShouldBe((2, 2, 1));
    }

    [KernelTheory]
    [InlineData(1)]
    [InlineData(12)]
    [InlineData(40)]
    public void Address_of_IPv4_in_an_IPv6_socket_is_that_address(int networks)
    {
        using var engine = SkepEngine.Start(new EngineOptions(), new Listener());
        // As single rules, as families, and as tables of one rule.
        var policies = Enumerable.Range(0, networks).SelectMany(i => (Policy[])[To($"four-{i}", $"127.{100 + i}.0.0/16"), To($"mapped-{i}", $"::ffff:127.{100 + i}.0.0/112")])
            .Append(To("many", [.. Enumerable.Range(0, 30).Select(i => $"127.{100 + i}.0.0/16")])).Append(To("six", "fe80::/10", "2001:db8::/32")).ToList();
        engine.Apply(policies).Failures.ShouldBeEmpty();
        foreach (var address in (string[])["::ffff:127.100.0.1", "::1"])
        {
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp) { DualMode = true };
            socket.Connect(IPAddress.Parse(address), 9);
        }
        using (var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)) socket.Connect(IPAddress.Parse("127.100.0.2"), 9);
        engine.Poll(TimeSpan.FromMilliseconds(5));
        var statistics = engine.Measure();
        statistics.Policies.Where(p => p.Events > 0).Select(p => $"{p.Policy.Name} {p.Events}").Order().ShouldBe(["four-0 2", "many 2", "mapped-0 2"]);
        statistics.Unclaimed.ShouldBe(0);
    }

    [KernelFact]
    public void Policies_that_differ_in_the_path_of_a_unix_socket_get_their_own_events()
    {
        using var engine = SkepEngine.Start(new EngineOptions(), new Listener());
        engine.Apply([.. Enumerable.Range(0, 20).Select(i => new Policy
        {
            Name = $"socket-{i}",
            Hooks =
            [
                new HookRequest
                {
                    Target = new SyscallHook("connect"),
                    Values = [new ValueSpec { Index = 1, Kind = ValueKind.UnixAddress }],
                    Rules = [new Rule { When = Path(TextOperator.Equal, $"/no-such-folder-of-accounts/{i}.sock") }],
                },
            ],
        })]).Failures.ShouldBeEmpty();
        engine.Plan.ShouldNotBeNull().Hooks.ShouldHaveSingleItem().Families.ShouldHaveSingleItem();
        foreach (var number in (int[])[7, 11, 77])
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            Should.Throw<SocketException>(() => socket.Connect(new UnixDomainSocketEndPoint($"/no-such-folder-of-accounts/{number}.sock")));
        }
        engine.Poll(TimeSpan.FromMilliseconds(5));
        var statistics = engine.Measure();
        statistics.Policies.Where(p => p.Events > 0).Select(p => $"{p.Policy.Name} {p.Events}").Order().ShouldBe(["socket-11 1", "socket-7 1"]);
        statistics.Unclaimed.ShouldBe(0);
    }

    static Policy To(string name, params string[] networks) => new()
    {
        Name = name,
        Hooks =
        [
            new HookRequest
            {
                Target = new SyscallHook("connect"),
                Values = [new ValueSpec { Index = 1, Kind = ValueKind.SocketAddress }],
                Rules = [new Rule { When = new ValueCondition(0, new AddressPredicate(SocketSide.Destination, [.. networks.Select(n => IPNetwork.Parse(n))])) }],
            },
        ],
    };

    static ValueCondition Path(TextOperator comparison, string text) => new(0, new TextPredicate([new TextPattern(comparison, Encoding.UTF8.GetBytes(text))]));

    static Rule Number(int number, params RuleAction[] actions) => new() { When = new ValueCondition(0, new NumberPredicate([new NumberRange(First + number, First + number)])), Actions = actions };

    static Policy Policy(string name, params Rule[] rules) => new()
    {
        Name = name,
        Hooks = [new HookRequest { Target = new SyscallHook("getpgid"), Values = [new ValueSpec { Index = 0, Kind = ValueKind.Int32 }], Rules = rules }],
    };
}
