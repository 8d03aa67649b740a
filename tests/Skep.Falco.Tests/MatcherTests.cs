using Shouldly;
using Skep.Falco.Tests.Evaluation;
using Skep.Falco.Tests.Loading;
using Xunit;

namespace Skep.Falco.Tests;

public class MatcherTests
{
    static readonly string s_rules = string.Join('\n', new[]
    {
        "@rule closed: evt.type=close", "@rule cat: evt.type=open and proc.name=cat", "@rule any: evt.type in (open, openat)", "@rule dog: evt.type=open and proc.name=dog",
    }.Select(LoadingCase.Rule));

    [Fact]
    public void The_first_rule_that_matches_counts() => Matches(all: false).ShouldBe(["cat"]);

    [Fact]
    public void All_rules_that_match_count_when_asked_for() => Matches(all: true).ShouldBe(["cat", "any"]);

    [Fact]
    public void Selections_apply_in_order()
    {
        Matches(false, new FalcoSelection(false, Name: "c*")).ShouldBe(["any"]);
        Matches(true, new FalcoSelection(false, Name: "*"), new FalcoSelection(true, Name: "*a*y")).ShouldBe(["any"]);
        Matches(true, new FalcoSelection(false, Tag: "nobody")).ShouldBe(["cat", "any"]);
    }

    [Fact]
    public void Rules_less_grave_than_the_minimum_are_left_out()
    {
        FalcoRules.Load([new("a.yaml", s_rules)], new() { MinimumPriority = FalcoPriority.Notice }).Rules.ShouldBeEmpty();
        FalcoRules.Load([new("a.yaml", s_rules)], new() { MinimumPriority = FalcoPriority.Informational }).Rules.Count.ShouldBe(4);
    }

    [Fact]
    public void Events_are_those_of_the_rules() =>
        new FalcoMatcher(FalcoRules.Load([new("a.yaml", s_rules)]).Rules).Events.Select(e => e.Name).ShouldBe(["open", "close", "openat"]);

    static List<string> Matches(bool all, params FalcoSelection[] selections)
    {
        var rules = FalcoRules.Load([new("a.yaml", s_rules)], new() { Selections = selections });
        var matches = new List<FalcoRule>();
        new FalcoMatcher(rules.Rules, all).Match(new TestEvent("open") { ["proc.name"] = "cat" }, matches);
        return [.. matches.Select(r => r.Name)];
    }
}
