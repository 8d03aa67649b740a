using Shouldly;
using Skep.Engine.Rules;
using Xunit;

namespace Skep.Falco.Tests.Lowering;

public class LoweringTests
{
    [Theory]
    [InlineData("evt.type=openat and fd.num>=0", "value 0 in 0..9223372036854775807", "")]
    [InlineData("evt.type=openat and evt.rawres=-13", "value 0 in -13", "")]
    [InlineData("evt.type=openat and evt.is_open_write=true", "value 1 & 0x1 | 0x2", "")]
    [InlineData("evt.type=openat and evt.is_open_read=true", "not (value 1 & 0x1)", "")]
    [InlineData("evt.type=openat and evt.arg.flags contains \"O_TRUNC\"", "value 1 & 0x200", "")]
    [InlineData("evt.type=openat and proc.name in (cat, dog)", "value 1 Equal \"cat\" or Equal \"dog\"", "")]
    [InlineData("evt.type=openat and not proc.pname startswith ssh", "not (value 1 Prefix \"ssh\")", "")]
    [InlineData("evt.type=openat and fd.name=/etc/shadow", "value 1 Equal \"/etc/shadow\" or not (value 1 file type 0100000, 020000, 060000, 040000)", "")]
    // What the kernel does not know holds, and below a negation does not: more is sent, never less.
    [InlineData("evt.type=openat and proc.cmdline contains x", "always", "proc.cmdline contains x")]
    [InlineData("evt.type=openat and not proc.cmdline contains x", "always", "proc.cmdline contains x")]
    [InlineData("evt.type=openat and (proc.name=cat or proc.cmdline contains x)", "always", "proc.cmdline contains x")]
    [InlineData("evt.type=openat and proc.name=cat and proc.cmdline contains x", "value 1 Equal \"cat\"", "proc.cmdline contains x")]
    [InlineData("evt.type=openat and not (proc.name=cat and proc.cmdline contains x)", "always", "proc.cmdline contains x")]
    [InlineData("evt.type=openat and not (proc.name=cat or proc.cmdline contains x)", "not (value 1 Equal \"cat\")", "proc.cmdline contains x")]
    // A field that this event never has.
    [InlineData("evt.type=openat and evt.arg.request=PTRACE_TRACEME", "never", "")]
    [InlineData("evt.type=openat and not evt.arg.request=PTRACE_TRACEME", "always", "")]
    public void Condition_becomes_what_the_kernel_can_decide(string condition, string kernel, string left)
    {
        var plan = Plan(condition);

        var hook = plan.Policy!.Hooks.ShouldHaveSingleItem();
        hook.Target.ShouldBe(new SyscallHook("openat"));
        ConditionPrinter.Print(hook.Rules[0].When).ShouldBe(kernel);
        string.Join("; ", plan.LeftToUserSpace["r"]).ShouldBe(left);
    }

    [Theory]
    [InlineData("fd.directory=/etc", @"Regex ""\A/etc/[^/]*\z""")]
    [InlineData("fd.directory in (/a.b, /c)", @"Regex ""\A/a\.b/[^/]*\z"" or Regex ""\A/c/[^/]*\z""")]
    [InlineData("fd.filename=passwd", "Suffix \"/passwd\"")]
    [InlineData("fd.filename startswith id_", @"Regex ""/id_[^/]*\z""")]
    [InlineData("fd.name pmatch (/etc, /usr/)", "Equal \"/etc\" or Prefix \"/etc/\" or Equal \"/usr\" or Prefix \"/usr/\"")]
    public void Parts_of_paths_become_patterns_of_the_path(string condition, string patterns) =>
        ConditionPrinter.Print(Plan($"evt.type=open and {condition}").Policy!.Hooks[0].Rules[0].When).ShouldStartWith($"value 1 {patterns} or not ");

    [Fact]
    public void Share_of_a_rule_tells_what_is_left_to_user_space()
    {
        var share = Plan("evt.type=openat and proc.name=cat and (proc.cmdline contains x or not proc.name=cat)").Shares.ShouldHaveSingleItem();

        share.Checks.ShouldBe(3);
        share.InUserSpace.ShouldBe(["proc.cmdline contains x"]);
        Plan("evt.type=execve and proc.name=cat").Shares.Single().InUserSpace.ShouldBeNull();
    }

    [Fact]
    public void Rule_that_acts_comes_before_those_that_observe()
    {
        var plan = FalcoPlan.Create(Load(
            Rule("watch", "evt.type=openat and proc.name=dog"),
            Rule("stop", "evt.type=openat and proc.name=cat", "skep_action: kill")).Rules);

        var rules = plan.Policy!.Hooks.ShouldHaveSingleItem().Rules;
        rules.Count.ShouldBe(2);
        rules[0].Label.ShouldBe("stop");
        ConditionPrinter.Print(rules[0].WhenReturned!).ShouldBe("value 1 Equal \"cat\"");
        rules[0].ReturnActions.ShouldBe([new SignalAction(9), new PostAction()]);
        plan.Diagnostics.ShouldBeEmpty();
    }

    [Fact]
    public void Execution_is_stopped_before_it_begins_and_others_are_told()
    {
        var plan = FalcoPlan.Create(Load(Rule("stop", "evt.type in (execve, execveat) and evt.res=SUCCESS and proc.name=miner", "skep_action: kill")).Rules);

        var hook = plan.Policy!.Hooks.ShouldHaveSingleItem();
        hook.Target.ShouldBe(new ExecutionHook());
        hook.Rules.Count.ShouldBe(2);
        ConditionPrinter.Print(hook.Rules[0].When).ShouldBe("value 0 Equal \"miner\"");
        hook.Rules[0].Actions.ShouldBe([new SignalAction(9), new PostAction()]);
        ConditionPrinter.Print(hook.Rules[1].When).ShouldBe("always");
    }

    [Theory]
    [InlineData("evt.type=openat and proc.cmdline contains x", "skep_action: kill", "up to the kernel alone, and at openat it cannot decide: proc.cmdline contains x")]
    [InlineData("evt.type=openat and proc.name=cat", "skep_action: deny", "deny cannot be done at system calls")]
    [InlineData("evt.type=openat and proc.name=cat", "skep_action: kill\n  skep_window: {count: 3, within: 1m}", "cannot be combined with skep_window")]
    public void Action_that_cannot_be_taken_is_refused_with_the_reason(string condition, string keys, string reason)
    {
        var diagnostic = FalcoPlan.Create(Load(Rule("stop", condition, keys)).Rules).Diagnostics.ShouldHaveSingleItem();

        diagnostic.Severity.ShouldBe(Severity.Error);
        diagnostic.Message.ShouldContain(reason);
        (diagnostic.File, diagnostic.Line).ShouldBe(("rules.yaml", 1));
    }

    static FalcoPlan Plan(string condition) => FalcoPlan.Create(Load(Rule("r", condition)).Rules);

    static string Rule(string name, string condition, string keys = "") => $"- rule: {name}\n  desc: d\n  condition: {condition}\n  output: o\n  priority: info\n{(keys.Length > 0 ? $"  {keys}\n" : "")}";

    static FalcoRules Load(params string[] rules)
    {
        var loaded = FalcoRules.Load([new("rules.yaml", string.Concat(rules))], new() { AppendSuggestedOutput = false });
        loaded.HasErrors.ShouldBeFalse(string.Join('\n', loaded.Diagnostics));
        return loaded;
    }
}
