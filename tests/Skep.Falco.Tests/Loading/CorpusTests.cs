using Shouldly;
using Skep.Engine.Rules;
using Xunit;

namespace Skep.Falco.Tests.Loading;

public class CorpusTests
{
    [Fact]
    public void Stable_rules_load()
    {
        if (!Corpus.IsThere) return;
        var rules = FalcoRules.Load([Corpus.Source("falco_rules.yaml")]);
        foreach (var d in rules.Diagnostics) Console.WriteLine(d);
        foreach (var r in rules.Rules) Console.WriteLine($"{r.Name}: {string.Join(' ', r.EventTypes.Take(8).Select(e => e.Name))} {r.EventTypes.Count}");
        rules.Rules.Count.ShouldBe(25);
    }

    [Fact]
    public void Incubating_rules_load()
    {
        if (!Corpus.IsThere) return;
        var rules = FalcoRules.Load([Corpus.Source("falco_rules.yaml"), Corpus.Source("falco-incubating_rules.yaml")]);
        foreach (var d in rules.Diagnostics) Console.WriteLine(d);
        foreach (var r in rules.Rules) Console.WriteLine($"{r.Name}: {string.Join(' ', r.EventTypes.Take(8).Select(e => e.Name))} {r.EventTypes.Count}");
        rules.Rules.Count.ShouldBe(56);
    }
}
