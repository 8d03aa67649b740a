using Shouldly;
using Skep.Falco.Tests.Evaluation;
using Xunit;

namespace Skep.Falco.Tests;

public class AlertLimitsTests
{
    const ulong Second = 1_000_000_000;

    readonly AlertLimits _limits = new();

    [Fact]
    public void Rule_without_window_tells_every_match()
    {
        var rule = Rule("");

        Told(rule, (0, "a"), (0, "a"), (1, "a")).ShouldBe("111");
        _limits.HeldBack.ShouldBe(0);
    }

    [Fact]
    public void Window_is_complete_when_so_many_matches_lie_in_it()
    {
        var rule = Rule("skep_window: {count: 3, within: 10s}");

        Told(rule, (0, "a"), (4, "a"), (11, "a"), (12, "a"), (13, "a"), (14, "a")).ShouldBe("000100");
        _limits.HeldBack.ShouldBe(5);
    }

    [Fact]
    public void Each_value_has_a_window_of_its_own()
    {
        var rule = Rule("skep_window: {count: 2, within: 10s, by: [proc.name]}");

        Told(rule, (0, "a"), (1, "b"), (2, "b"), (3, "a"), (4, "c")).ShouldBe("00110");
    }

    [Fact]
    public void Throttled_alert_is_not_repeated_for_a_time()
    {
        var rule = Rule("skep_action: throttle\n  skep_window: {count: 1, within: 10s, by: proc.name}");

        Told(rule, (0, "a"), (1, "a"), (2, "b"), (9, "a"), (10, "a"), (11, "a")).ShouldBe("101010");
    }

    string Told(FalcoRule rule, params (ulong Second, string Name)[] matches) =>
        string.Concat(matches.Select(m => _limits.Lets(rule, new TestEvent("openat") { ["proc.name"] = m.Name }, m.Second * Second) ? '1' : '0'));

    static FalcoRule Rule(string keys) =>
        FalcoRules.Load([new("rules.yaml", $"- rule: r\n  desc: d\n  condition: evt.type=openat\n  output: o\n  priority: info\n  {keys}\n")]).Rules.ShouldHaveSingleItem();
}
