using Shouldly;
using Skep.Engine.Rules;
using Xunit;

namespace Skep.Tetragon.Tests.Policies;

/// <summary>The reader knows all that the published schema allows.</summary>
public class SchemaTests
{
    [Fact]
    public void Every_field_and_word_of_the_schema_is_known()
    {
        if (Schema.Root is not { } root) return;
        Schema.Fields(root).Count().ShouldBeGreaterThan(900);
        var most = Schema.Fields(root).Max(f => Schema.WordsOf(f.Type).Count);
        for (var i = 0; i < most; i++)
        {
            var document = Schema.Example(root, i).Replace("\"apiVersion\":\"a1\"", "\"apiVersion\":\"cilium.io/v1alpha1\"", StringComparison.Ordinal).Replace("\"kind\":\"a1\"", "\"kind\":\"TracingPolicy\"", StringComparison.Ordinal)
                .Replace("\"metadata\":{}", "\"metadata\":{\"name\":\"all\"}", StringComparison.Ordinal);

            var told = PolicyVectors.Parse(document).Diagnostics;

            told.ShouldNotBeEmpty();
            // The word that stands for those that the schema does not tell.
            told.Where(d => !d.Message.Contains("\"a1\"", StringComparison.Ordinal))
                .Where(d => d.Message.Contains("unknown field", StringComparison.Ordinal) || d.Message.Contains("unknown word", StringComparison.Ordinal) || d.Message.Contains(": expected", StringComparison.Ordinal)).ShouldBeEmpty();
        }
    }

    [Fact]
    public void Field_that_is_not_in_the_schema_is_told_so()
    {
        foreach (var hook in (string[])["kprobes: [{call: f", "tracepoints: [{event: f", "lsmhooks: [{hook: f", "uprobes: [{path: f", "usdts: [{path: f", "enforcers: [{calls: [f]", "lists: [{name: f"])
            PolicyVectors.Parse(OnePolicy.Around($"{hook}, another: 1}}]")).Diagnostics.ShouldContain(d => d.Message.StartsWith("unknown field \"another\"", StringComparison.Ordinal), hook);
    }

    [Fact]
    public void Selector_of_nodes_has_no_effect_on_a_file()
    {
        var file = PolicyVectors.Parse(OnePolicy.Around("nodeSelector: {matchLabels: {zone: a}}\nkprobes: [{call: sys_read}]"));

        file.Diagnostics.ShouldHaveSingleItem().Severity.ShouldBe(Severity.Warning);
        file.Policies.ShouldHaveSingleItem().Hooks.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("uprobes: [{path: /a, symbols: [b], selectors: [{matchActions: [{action: Override, argRegs: [rax=1]}]}]}]")]
    [InlineData("uprobes: [{path: /a, symbols: [b], selectors: [{matchActions: [{action: Override, argNewSymbol: c}]}]}]")]
    [InlineData("uprobes: [{path: /a, symbols: [b], selectors: [{matchActions: [{action: Override, argNewAddr: 1}]}]}]")]
    [InlineData("uprobes: [{path: /a, symbols: [b], selectors: [{matchActions: [{action: Override, argNewOffset: 1}]}]}]")]
    public void What_is_missing_is_refused_with_its_reason(string section)
    {
        var file = PolicyVectors.Parse(OnePolicy.Around(section));

        file.Diagnostics.ShouldHaveSingleItem().Severity.ShouldBe(Severity.Unsupported);
        file.Policies.ShouldHaveSingleItem().Hooks.ShouldBeEmpty();
    }
}
