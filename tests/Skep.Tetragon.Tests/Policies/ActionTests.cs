using Shouldly;
using Skep.Engine.Rules;
using Xunit;

namespace Skep.Tetragon.Tests.Policies;

public class ActionTests
{
    [Theory]
    [InlineData("{action: Post}", "post")]
    [InlineData("{action: Post, rateLimit: \"5\"}", "post every 5s per Thread")]
    [InlineData("{action: Post, rateLimit: 5s, rateLimitScope: thread}", "post every 5s per Thread")]
    [InlineData("{action: Post, rateLimit: 5m, rateLimitScope: process}", "post every 300s per Process")]
    [InlineData("{action: Post, rateLimit: 2h, rateLimitScope: global}", "post every 7200s per Global")]
    [InlineData("{action: Post, rateLimit: \"0\"}", "post")]
    [InlineData("{action: Post, kernelStackTrace: true, userStackTrace: true}", "post kernel-stack user-stack")]
    [InlineData("{action: NoPost}", "no-post")]
    [InlineData("{action: Sigkill}", "post, signal 9")]
    [InlineData("{action: Sigkill, argError: -1}", "post, signal 9")]
    [InlineData("{action: Signal, argSig: 10}", "post, signal 10")]
    [InlineData("{action: Override, argError: -13}", "post, override -13")]
    [InlineData("{action: Override}", "post, override 0")]
    [InlineData("{action: TrackSock, argSock: 1}", "post, track v1")]
    [InlineData("{action: UntrackSock, argSock: 1}", "post, untrack v1")]
    [InlineData("{action: Override, argError: -1}, {action: Sigkill}, {action: Post, rateLimit: 1m}", "override -1, signal 9, post every 60s per Thread")]
    [InlineData("{action: Post}, {action: Sigkill}, {action: NoPost}", "signal 9, no-post")]
    public void Actions_are_translated_in_their_order(string actions, string expected) =>
        string.Join(", ", OnePolicy.Rule($"matchActions: [{actions}]", "int", "sock").Actions.Select(RuleText.Of)).ShouldBe(expected);

    [Fact]
    public void Hook_without_selectors_has_no_rules() => OnePolicy.Hook("args: []").Rules.ShouldBeEmpty();

    [Fact]
    public void Selector_without_actions_leaves_them_empty() => OnePolicy.Rule("label: a").Actions.ShouldBeEmpty();

    [Fact]
    public void Rules_keep_the_order_of_selectors() =>
        OnePolicy.Hook("selectors: [{label: a}, {label: b}, {label: c}]").Rules.Select(r => r.Label).ShouldBe(["a", "b", "c"]);

    [Fact]
    public void ReturnArgAction_follows_each_rule()
    {
        var hook = OnePolicy.Hook("""
            return: true
            returnArg: {index: 0, type: sock}
            returnArgAction: UntrackSock
            selectors:
            - matchActions: [{action: NoPost}]
            - matchReturnActions: [{action: Post}]
            """);

        hook.Rules.Select(r => string.Join(", ", r.ReturnActions.Select(RuleText.Of))).ShouldBe(["untrack v0", "post, untrack v0"]);
        hook.Rules[0].Actions.ShouldHaveSingleItem().ShouldBeOfType<NoPostAction>();
    }

    [Theory]
    [InlineData("GetUrl")]
    [InlineData("DnsLookup")]
    [InlineData("NotifyEnforcer")]
    [InlineData("CleanupEnforcerNotification")]
    public void Action_that_is_not_supported_leaves_out_its_hook_alone(string action)
    {
        var file = PolicyVectors.Parse(OnePolicy.Around($"kprobes:\n- call: sys_read\n  selectors: [{{matchActions: [{{action: {action}}}]}}]\n- call: sys_write"));

        file.Diagnostics.ShouldHaveSingleItem().Severity.ShouldBe(Severity.Unsupported);
        file.IsPartial.ShouldBeTrue();
        file.Policies.ShouldHaveSingleItem().Hooks.ShouldHaveSingleItem().Target.ShouldBe(new SyscallHook("write"));
    }
}
