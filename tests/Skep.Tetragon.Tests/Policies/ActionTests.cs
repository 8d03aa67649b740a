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
    [InlineData("{action: NotifyEnforcer, argError: -1, argSig: 9}", "post, notify -1 9")]
    [InlineData("{action: NotifyEnforcer, argSig: 9}", "post, notify 0 9")]
    [InlineData("{action: CleanupEnforcerNotification}", "post, forget")]
    public void Enforcer_is_notified_of_an_error_or_a_signal(string action, string expected)
    {
        var policy = OnePolicy.Policy($$"""
            kprobes:
            - call: some_function
              syscall: false
              selectors:
              - matchActions: [{{action}}, {action: NotifyEnforcer, argError: -2}]
            enforcers:
            - calls: ["list:two", security_file_open]
            lists:
            - {name: two, type: syscalls, values: [sys_dup, sys_dup2]}
            """);
        string.Join(", ", policy.Hooks[0].Rules[0].Actions.Take(2).Select(RuleText.Of)).ShouldBe(expected);
        policy.Hooks.Skip(1).ShouldAllBe(h => h.Enforces && h.EnforcesErrors && h.Rules.Count == 0);
        policy.Hooks.Skip(1).Select(h => h.Target.ToString()).ShouldBe(["syscall:dup", "syscall:dup2", "function:security_file_open"]);
    }

    [Fact]
    public void Enforcer_that_only_signals_waits_for_the_end_of_system_calls()
    {
        var policy = OnePolicy.Policy("kprobes: [{call: f, syscall: false, selectors: [{matchActions: [{action: NotifyEnforcer, argSig: 9}]}]}]\nenforcers: [{calls: [sys_dup, security_file_open]}]");
        policy.Hooks.Skip(1).Select(h => (h.EnforcesErrors, h.WithReturn)).ShouldBe([(false, true), (false, false)]);
    }

    [Fact]
    public void Page_and_name_are_kept_for_user_space() =>
        string.Join(", ", OnePolicy.Rule("matchActions: [{action: GetUrl, argUrl: \"http://a.b/c?d\"}, {action: DnsLookup, argFqdn: a.b}]").Actions.Select(RuleText.Of)).ShouldBe("post, fetch http://a.b/c?d, look up a.b");

    [Theory]
    [InlineData("{action: NotifyEnforcer, argError: -1}", "action: NotifyEnforcer needs enforcers in the policy")]
    [InlineData("{action: CleanupEnforcerNotification}", "action: CleanupEnforcerNotification needs enforcers in the policy")]
    [InlineData("{action: GetUrl}", "argUrl: action GetUrl needs one")]
    [InlineData("{action: GetUrl, argUrl: \"ftp://a\"}", "argUrl: \"ftp://a\" is no address that begins with http:// or https://")]
    [InlineData("{action: DnsLookup}", "argFqdn: action DnsLookup needs one")]
    [InlineData("{action: DnsLookup, argFqdn: \"a b\"}", "argFqdn: \"a b\" is no name of a host")]
    [InlineData("{action: Post, imaHash: true}", "imaHash: only at lsmhooks bprm_check_security, bprm_committed_creds, bprm_committing_creds, bprm_creds_from_file, file_ioctl, file_lock, file_open, file_post_open, file_receive, mmap_file")]
    [InlineData("{action: GetUrl, argUrl: \"http://a\"}, {action: NoPost}", "action: GetUrl and DnsLookup come after an event, which NoPost forbids")]
    public void Action_that_lacks_something_is_an_error(string action, string message) =>
        PolicyVectors.Parse(OnePolicy.AroundHook($"selectors: [{{matchActions: [{action}]}}]")).Diagnostics.ShouldHaveSingleItem().Message.ShouldBe(message);

    [Theory]
    [InlineData("enforcers: [{calls: [sys_dup]}]", "enforcers: no selector has action NotifyEnforcer, nothing is enforced")]
    [InlineData("enforcers: [{calls: [sys_dup]}]\nkprobes: [{call: f, syscall: false, selectors: [{matchActions: [{action: NotifyEnforcer, argError: 1}]}]}]", "argError: 1 is not in -4095 to 0")]
    [InlineData("enforcers: [{calls: [vfs_read]}]", "calls: there is no system call \"vfs_read\"; an enforcer acts at system calls and at security_ functions")]
    [InlineData("enforcers: [{calls: [\"list:a\"]}]\nlists: [{name: a, values: [vfs_read]}]", "calls: \"vfs_read\" of list \"a\" is neither a system call nor a security_ function; a list of system calls has type syscalls")]
    public void Enforcer_that_cannot_act_is_told_so(string section, string message) =>
        PolicyVectors.Parse(OnePolicy.Around(section)).Diagnostics.Select(d => d.Message).ShouldContain(message);
}
