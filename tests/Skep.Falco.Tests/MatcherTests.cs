using Shouldly;
using Skep.Falco.Evaluation;
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
    public void Conditions_for_one_kind_of_event_hold_as_the_whole_ones_do()
    {
        string[] kinds = ["evt.type=open", "evt.type!=close", "evt.num=0", "evt.num>0", "proc.name=cat", "fd.num=1", "not evt.type in (open, close)", "evt.dir=<"];
        var random = new Random(11);
        var item = new TestEvent("open") { ["evt.num"] = 1, ["proc.name"] = "cat", ["fd.num"] = 2 };
        for (var round = 0; round < 3000; round++)
        {
            var rules = FalcoRules.Load([new("a.yaml", LoadingCase.Rule($"@rule a: {Condition(random, 4)}"))]);
            var matches = new List<FalcoRule>();
            new FalcoMatcher(rules.Rules).Match(item, matches);

            var holds = ConditionCompiler.Compile(rules.Rules[0].Condition).Holds(item, new());
            rules.Rules[0].Matches(item, new()).ShouldBe(holds, rules.Rules[0].Condition.ToString());
            (matches.Count > 0).ShouldBe(holds, rules.Rules[0].Condition.ToString());
        }

        string Condition(Random random, int depth) => depth == 0 ? kinds[random.Next(kinds.Length)] : random.Next(4) switch
        {
            0 => $"({Condition(random, depth - 1)} and {Condition(random, depth - 1)})",
            1 => $"({Condition(random, depth - 1)} or {Condition(random, depth - 1)})",
            2 => $"not ({Condition(random, depth - 1)})",
            _ => Condition(random, 0),
        };
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
