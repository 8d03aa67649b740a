using Shouldly;
using Skep.Falco.Fields;
using Skep.Falco.Loading;
using Xunit;

namespace Skep.Falco.Tests.Loading;

/// <summary>Falco's published rules, where SKEP_CORPUS names a copy of them.</summary>
public class CorpusTests
{
    static readonly string[] s_stable =
    [
        "open", "openat", "openat2", "execve", "execveat", "connect", "sendto", "sendmsg", "socket", "dup", "dup2", "dup3", "ptrace", "symlink", "symlinkat", "link", "linkat", "init_module", "finit_module",
    ];

    [Fact]
    public void Stable_rules_load_without_a_word()
    {
        if (!Corpus.IsThere) return;

        var rules = FalcoRules.Load([Corpus.Source("falco_rules.yaml")]);

        rules.Diagnostics.ShouldBeEmpty();
        rules.Rules.Count.ShouldBe(25);
        rules.Rules.ShouldAllBe(r => r.Enabled && r.Source == "syscall" && r.Tags[0] == "maturity_stable");
        rules.Results[0].SchemaValidation.ShouldBe("ok");
        new FalcoMatcher(rules.Rules).Events.Select(e => e.Name).Order().ShouldBe(s_stable.Order());
        rules.Rules.Count(r => r.EventTypes.Any(e => e.Name == "execve")).ShouldBe(11);
        rules.Rules.Count(r => r.EventTypes.Any(e => e.Name == "connect")).ShouldBe(2);
        rules.Rules.Count(r => r.EventTypes.Any(e => e.Name == "ptrace")).ShouldBe(2);
    }

    [Fact]
    public void Incubating_rules_load_after_the_stable_ones()
    {
        if (!Corpus.IsThere) return;

        var rules = FalcoRules.Load([Corpus.Source("falco_rules.yaml"), Corpus.Source("falco-incubating_rules.yaml")]);

        rules.Diagnostics.ShouldBeEmpty();
        rules.Rules.Count.ShouldBe(56);
    }

    [Fact]
    public void Incubating_rules_load_by_themselves()
    {
        if (!Corpus.IsThere) return;

        var rules = FalcoRules.Load([Corpus.Source("falco-incubating_rules.yaml")]);

        rules.Diagnostics.ShouldBeEmpty();
        rules.Rules.Count.ShouldBe(31);
    }

    [Fact]
    public void Compiled_conditions_name_no_list_or_macro()
    {
        if (!Corpus.IsThere) return;
        var text = Corpus.Source("falco_rules.yaml").Text;
        var names = text.Split('\n').Where(l => l.StartsWith("- macro: ", StringComparison.Ordinal)).Select(l => l[9..].Trim()).Where(n => !EventCatalogue.TryGet(n, out _)).ToHashSet();
        names.Count.ShouldBeGreaterThan(40);

        foreach (var rule in FalcoRules.Load([Corpus.Source("falco_rules.yaml")]).Rules)
            rule.Condition.ToString()!.Split([' ', '(', ')', ','], StringSplitOptions.RemoveEmptyEntries).Where(names.Contains).ShouldBeEmpty(rule.Name);
    }

    [Fact]
    public void Errors_in_the_rules_are_found_where_they_are()
    {
        if (!Corpus.IsThere) return;
        var text = Corpus.Source("falco_rules.yaml").Text;
        var at = text.IndexOf("container.privileged=true", text.IndexOf("- rule: Debugfs", StringComparison.Ordinal), StringComparison.Ordinal);
        var line = text.AsSpan(0, at).Count('\n') + 1;
        var column = at - text.LastIndexOf('\n', at);

        var rules = FalcoRules.Load([new("rules.yaml", text.Remove(at, 1).Insert(at, "k"))]);

        var issue = rules.Results[0].Errors.ShouldHaveSingleItem();
        issue.Code.ShouldBe(FalcoCode.CompileCondition);
        (issue.Diagnostic.Line, issue.Diagnostic.Column).ShouldBe((line, column));
    }
}
