using Shouldly;
using Skep.Engine.Rules;
using Skep.Tetragon.Policies;
using Xunit;

namespace Skep.Tetragon.Tests.Policies;

public class DocumentTests
{
    [Theory]
    [InlineData("", "everything")]
    [InlineData("podSelector: {matchLabels: {app: a}}", "{|pods app In a|containers any}")]
    [InlineData("podSelector: {}", "{|pods all|containers any}")]
    [InlineData("containerSelector: {matchExpressions: [{key: name, operator: In, values: [a, b]}]}", "{|pods any|containers name In a,b}")]
    [InlineData("containerSelector: {matchExpressions: [{key: repo, operator: Exists}]}", "{|pods any|containers repo Exists}")]
    [InlineData("hostSelector: {}", "{|pods none|containers any|host}")]
    [InlineData("podSelector: {matchLabels: {app: a}}\nhostSelector: {}", "{|pods app In a|containers any|host}")]
    [InlineData("podSelector: {}\ncontainerSelector: {}\nhostSelector: {}", "everything")]
    public void Scope_is_what_the_selectors_say(string selectors, string expected) =>
        RuleText.Of(OnePolicy.Policy($"{selectors}\nkprobes: [{{call: sys_read}}]").Scope).ShouldBe(expected);

    [Theory]
    [InlineData("", "default", "{default|pods any|containers any}")]
    [InlineData(", namespace: shop", "shop", "{shop|pods any|containers any}")]
    public void Namespaced_policy_is_about_the_pods_of_its_namespace(string metadata, string ns, string scope)
    {
        var file = PolicyVectors.Parse($"apiVersion: cilium.io/v1alpha1\nkind: TracingPolicyNamespaced\nmetadata: {{name: p{metadata}}}\nspec: {{kprobes: [{{call: sys_read}}]}}");

        file.Diagnostics.ShouldBeEmpty();
        file.Policies[0].Namespace.ShouldBe(ns);
        file.Policies[0].Hooks[0].Tag().Namespace.ShouldBe(ns);
        RuleText.Of(file.Policies[0].Scope).ShouldBe(scope);
    }

    [Theory]
    [InlineData("", PolicyMode.Enforce)]
    [InlineData("options: [{name: policy-mode, value: enforce}]", PolicyMode.Enforce)]
    [InlineData("options: [{name: policy-mode, value: monitor}, {name: disable-kprobe-multi, value: \"true\"}, {name: disable-uprobe-multi, value: \"0\"}, {name: override-method, value: fmod-ret}, {name: sleepable-preload-size, value: \"64\"}]", PolicyMode.Monitor)]
    public void Options_set_the_mode(string options, PolicyMode mode) => OnePolicy.Policy($"{options}\nkprobes: [{{call: sys_read}}]").Mode.ShouldBe(mode);

    [Theory]
    [InlineData("", false)]
    [InlineData("options: [{name: disable-kprobe-multi, value: \"0\"}]", false)]
    [InlineData("options: [{name: disable-kprobe-multi, value: \"1\"}]", true)]
    [InlineData("options: [{name: disable-uprobe-multi, value: \"true\"}]", false)]
    public void Option_attaches_functions_one_by_one(string options, bool singly) => OnePolicy.Policy($"{options}\nkprobes: [{{call: sys_read}}]").AttachesSingly.ShouldBe(singly);

    [Fact]
    public void Option_in_quotes_is_no_warning_and_bare_one_is()
    {
        var file = PolicyVectors.Parse(OnePolicy.Around("options: [{name: disable-kprobe-multi, value: true}]\nkprobes: [{call: sys_read}]"));

        file.Policies.Count.ShouldBe(1);
        file.Diagnostics.ShouldHaveSingleItem().Severity.ShouldBe(Severity.Warning);
    }

    [Fact]
    public void One_bad_document_holds_back_the_whole_file()
    {
        var good = OnePolicy.Around("kprobes: [{call: sys_read}]");

        PolicyVectors.Parse($"{good}\n---\n{good.Replace("name: test", "name: other")}\n---\n").Policies.Select(p => p.Name).ShouldBe(["test", "other"]);
        PolicyVectors.Parse($"{good}\n---\n{good.Replace("sys_read", "sys_reed").Replace("name: test", "name: other")}").Policies.ShouldBeEmpty();
    }

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        var file = PolicyVectors.Parse(OnePolicy.Around("kprobes:\n- {call: sys_reed, foo: 1}\n- {args: [{index: x, type: y}]}\nbar: 1"));

        file.Diagnostics.Select(d => $"{d.Line}:{d.Column}").ShouldBe(["7:12", "7:22", "8:5", "8:21", "8:30", "9:3"]);
    }

    [Fact]
    public void Byte_order_mark_and_line_ends_of_windows_do_no_harm()
    {
        var file = PolicyVectors.Parse("\uFEFF" + OnePolicy.Around("kprobes:\n- call: sys_reed").ReplaceLineEndings("\r\n"));

        var only = file.Diagnostics.ShouldHaveSingleItem();
        (only.Line, only.Column).ShouldBe((7, 11));
    }

    [Fact]
    public void Json_is_yaml_too() =>
        PolicyVectors.Parse("""{"apiVersion":"cilium.io/v1alpha1","kind":"TracingPolicy","metadata":{"name":"j"},"spec":{"kprobes":[{"call":"sys_read"}]}}""").Policies.ShouldHaveSingleItem();

    [Fact]
    public void Host_namespaces_come_from_process_1_by_default()
    {
        var expected = new FileInfo("/proc/1/ns/pid").LinkTarget is { } link ? uint.Parse(link["pid:[".Length..^1]) : 0xEFFFFFFC;

        new TranslationOptions().HostNamespace(NamespaceKind.Pid).ShouldBe(expected);
    }
}
