using Shouldly;
using Skep.Tetragon.Policies;
using Xunit;

namespace Skep.Tetragon.Tests.Policies;

public class SelectorTests
{
    [Theory]
    [InlineData("matchPIDs: [{operator: In, values: [0, 1]}]", "pid [0, 1]")]
    [InlineData("matchPIDs: [{operator: NotIn, values: [7], followForks: true}]", "not pid [7] tree")]
    [InlineData("matchPIDs: [{operator: In, values: [7], isNamespacePID: true}]", "(pid [7] inner and not Pid [4026531836])")]
    [InlineData("matchBinaries: [{operator: In, values: [/a, /b]}]", "Self.exe [Equal /a, Equal /b]")]
    [InlineData("matchBinaries: [{operator: NotIn, values: [/a]}]", "not Self.exe [Equal /a]")]
    [InlineData("matchBinaries: [{operator: Prefix, values: [/a]}]", "Self.exe [Prefix /a]")]
    [InlineData("matchBinaries: [{operator: NotPrefix, values: [/a]}]", "not Self.exe [Prefix /a]")]
    [InlineData("matchBinaries: [{operator: Postfix, values: [/a]}]", "Self.exe [Suffix /a]")]
    [InlineData("matchBinaries: [{operator: NotPostfix, values: [/a]}]", "not Self.exe [Suffix /a]")]
    [InlineData("matchBinaries: [{operator: Regex, values: [a]}]", "Self.exe [Regex a]")]
    [InlineData("matchBinaries: [{operator: NotRegex, values: [a]}]", "not Self.exe [Regex a]")]
    [InlineData("matchBinaries: [{operator: Glob, values: [a]}]", "Self.exe [Glob a]")]
    [InlineData("matchBinaries: [{operator: NotGlob, values: [a]}]", "not Self.exe [Glob a]")]
    [InlineData("matchBinaries: [{operator: In, values: [/a], followChildren: true}]", "SelfOrAncestor.exe [Equal /a]")]
    [InlineData("matchBinaries: [{operator: In, values: [/a]}, {operator: NotIn, values: [/b]}]", "(Self.exe [Equal /a] and not Self.exe [Equal /b])")]
    [InlineData("matchParentBinaries: [{operator: In, values: [/a]}]", "Parent.exe [Equal /a]")]
    [InlineData("matchParentBinaries: [{operator: NotIn, values: [/a], followChildren: true}]", "not Ancestor.exe [Equal /a]")]
    [InlineData("matchNamespaces: [{namespace: Pid, operator: In, values: [host_ns, \"5\"]}]", "Pid [4026531803, 5]")]
    [InlineData("matchNamespaces: [{namespace: Net, operator: NotIn, values: [host_ns]}]", "not Network [4026531805]")]
    [InlineData("matchNamespaces: [{namespace: User, operator: In, values: [host_ns]}]", "User [4026531809]")]
    [InlineData("matchNamespaceChanges: [{operator: In, values: [Mnt, User]}]", "changed [Mount, User]")]
    [InlineData("matchNamespaceChanges: [{operator: NotIn, values: [TimeForChildren]}]", "not changed [TimeForChildren]")]
    [InlineData("matchCapabilities: [{operator: In, values: [CAP_CHOWN, CAP_CHECKPOINT_RESTORE]}]", "Effective has 10000000001")]
    [InlineData("matchCapabilities: [{type: Inheritable, operator: NotIn, values: [CAP_KILL]}]", "not Inheritable has 20")]
    [InlineData("matchCapabilities: [{type: Permitted, operator: In, isNamespaceCapability: true, values: [CAP_KILL]}]", "Permitted has 20 inner")]
    [InlineData("matchCapabilities: [{operator: NotIn, isNamespaceCapability: true, values: [CAP_KILL]}]", "(not Effective has 20 and not User [4026531837])")]
    [InlineData("matchCapabilityChanges: [{operator: In, values: [CAP_KILL]}]", "Effective changed 20")]
    [InlineData("matchCmdArgs: [{index: 0, operator: Equal, values: [a, b]}]", "v0 text [Equal a, Equal b]")]
    [InlineData("matchCmdArgs: [{operator: NotPrefix, values: [a]}, {index: 1, operator: Glob, values: [\"*b\"]}]", "(not v0 text [Prefix a] and v1 text [Glob *b])")]
    [InlineData("matchWorkloads: {podSelector: {matchLabels: {app: a}}}", "in {|pods app In a|containers any}")]
    [InlineData("matchWorkloads: {hostSelector: {}}", "in {|pods none|containers any|host}")]
    [InlineData("matchWorkloads: {podSelector: {}, containerSelector: {matchLabels: {name: main}}}", "in {|pods all|containers name In main}")]
    [InlineData("matchWorkloads: {podSelector: {}, containerSelector: {}, hostSelector: {}}", "true")]
    [InlineData("matchAny: [{matchPIDs: [{operator: In, values: [1]}]}, {matchPIDs: [{operator: In, values: [2]}], matchBinaries: [{operator: In, values: [/a]}]}]", "(pid [1] or (pid [2] and Self.exe [Equal /a]))")]
    [InlineData("matchAny: []", "true")]
    [InlineData("label: all", "true")]
    public void Selector_becomes_a_condition(string selector, string expected) => RuleText.Of(OnePolicy.Rule(selector).When).ShouldBe(expected);

    [Fact]
    public void Fields_of_a_selector_all_have_to_hold()
    {
        var rule = OnePolicy.Rule("matchArgs: [{index: 0, operator: Equal, values: [\"1\"]}, {index: 1, operator: Prefix, values: [a]}]\nmatchPIDs: [{operator: In, values: [1]}]", "int", "string");

        RuleText.Of(rule.When).ShouldBe("(pid [1] and v0 number [1] and v1 text [Prefix a])");
    }

    [Fact]
    public void Index_is_the_functions_and_args_the_place_in_the_list()
    {
        const string args = "args: [{index: 3, type: int}, {index: 1, type: uint32}, {index: 1, type: string}]\n";

        When("{index: 1, operator: Equal, values: [\"5\"]}").ShouldBe("v1 number [5]");
        When("{index: 3, operator: Equal, values: [\"5\"]}").ShouldBe("v0 number [5]");
        When("{args: [2], operator: Equal, values: [\"5\"]}").ShouldBe("v2 text [Equal 5]");
        When("{index: 3, args: [1], operator: Equal, values: [\"5\"]}").ShouldBe("v1 number [5]");

        static string When(string match) => RuleText.Of(OnePolicy.Hook($"{args}selectors: [{{matchArgs: [{match}]}}]").Rules[0].When);
    }

    [Fact]
    public void Data_are_counted_on_their_own()
    {
        var hook = OnePolicy.Hook("""
            args: [{index: 0, type: int}]
            data: [{index: 0, type: uint32, source: current_task, resolve: cred.uid.val}, {index: 2, type: string}]
            selectors:
            - matchData: [{index: 1, operator: Equal, values: [a]}, {args: [0], operator: Equal, values: ["0"]}]
            """);

        RuleText.Of(hook.Rules[0].When).ShouldBe("(v2 text [Equal a] and v1 number [0])");
    }

    [Fact]
    public void Returned_value_is_a_condition_of_its_own()
    {
        var hook = OnePolicy.Hook("return: true\nreturnArg: {index: 0, type: int}\nselectors:\n- matchReturnArgs: [{index: 0, operator: LT, values: [\"0\"]}]");

        RuleText.Of(hook.Rules[0].When).ShouldBe("true");
        RuleText.Of(hook.Rules[0].WhenReturned!).ShouldBe("v0 number [-2147483648..-1]");
    }

    [Fact]
    public void Macros_give_the_fields_that_a_selector_has_not()
    {
        var policy = OnePolicy.Policy("""
            selectorsMacros:
              root: {matchPIDs: [{operator: In, values: [1]}]}
              kill: {matchActions: [{action: Sigkill}]}
            kprobes:
            - call: sys_read
              selectors:
              - macros: [root, kill]
                matchBinaries: [{operator: In, values: [/a]}]
              - macros: [root]
            """);

        policy.Hooks[0].Rules.Select(r => RuleText.Of(r.When)).ShouldBe(["(pid [1] and Self.exe [Equal /a])", "pid [1]"]);
        policy.Hooks[0].Rules[0].Actions.Select(RuleText.Of).ShouldBe(["post", "signal 9"]);
    }

    [Fact]
    public void Numbers_of_selectors_and_values_have_no_limit()
    {
        var values = string.Join(", ", Enumerable.Range(0, 500).Select(i => $"\"{i}\""));
        var hook = OnePolicy.Hook($"args: [{{index: 0, type: int}}]\nselectors:\n{string.Join('\n', Enumerable.Repeat($"- matchArgs: [{{index: 0, operator: Equal, values: [{values}]}}]", 40))}");

        hook.Rules.Count.ShouldBe(40);
    }

    [Fact]
    public void Unknown_host_namespace_is_an_error()
    {
        var machine = PolicyVectors.Machine with { HostNamespace = _ => null };
        var text = OnePolicy.AroundHook("selectors: [{matchNamespaces: [{namespace: Time, operator: In, values: [host_ns]}]}]");

        TracingPolicyFile.Parse(text, "p.yaml", machine).Diagnostics.ShouldHaveSingleItem().Message.ShouldContain("Time namespace is not known");
    }
}
