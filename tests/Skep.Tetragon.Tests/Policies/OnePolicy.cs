using Shouldly;
using Skep.Engine.Rules;
using Skep.Tetragon.Policies;

namespace Skep.Tetragon.Tests.Policies;

/// <summary>Writes a policy around the part that a test is about, and takes it apart again.</summary>
static class OnePolicy
{
    public static string Around(string spec) => $"""
        apiVersion: cilium.io/v1alpha1
        kind: TracingPolicy
        metadata:
          name: test
        spec:
        {Indent(spec, 2)}
        """;

    public static string AroundHook(string body, string call = "some_function") => Around($"""
        kprobes:
        - call: {call}
          syscall: false
        {Indent(body, 2)}
        """);

    public static Policy Policy(string spec)
    {
        var file = PolicyVectors.Parse(Around(spec));
        file.Diagnostics.ShouldBeEmpty();
        return file.Policies.ShouldHaveSingleItem();
    }

    public static HookRequest Hook(string body)
    {
        var file = PolicyVectors.Parse(AroundHook(body));
        file.Diagnostics.ShouldBeEmpty();
        return file.Policies.ShouldHaveSingleItem().Hooks.ShouldHaveSingleItem();
    }

    /// <summary>The only rule of a function with arguments of these types.</summary>
    public static Rule Rule(string selector, params string[] types)
    {
        var args = string.Join("\n", types.Select((type, index) => $"- {{index: {index}, type: {type}}}"));
        var body = $"{(types.Length == 0 ? "" : $"args:\n{args}\n")}selectors:\n- {Indent(selector, 2).TrimStart()}";
        return Hook(body).Rules.ShouldHaveSingleItem();
    }

    public static HookTag Tag(this HookRequest hook) => hook.Tag.ShouldBeOfType<HookTag>();

    static string Indent(string text, int count) => string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(l => new string(' ', count) + l));
}
