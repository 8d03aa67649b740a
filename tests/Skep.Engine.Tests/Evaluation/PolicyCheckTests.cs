using Shouldly;
using Skep.Engine.Compilation;
using Skep.Engine.Matching;
using Skep.Engine.Rules;
using Xunit;

namespace Skep.Engine.Tests.Evaluation;

public class PolicyCheckTests
{
    [Fact]
    public void Check_names_a_pattern_that_nothing_can_read_at_its_hook()
    {
        var error = PolicyCheck.Check(Policy(new Rule { When = Path("a(") })).ShouldHaveSingleItem();
        error.ToString().ShouldBe("policy.yaml:7:3: error: Regex \"a(\": missing ) at offset 1");
    }

    [Fact]
    public void Check_refuses_what_is_done_in_the_kernel_by_a_condition_of_user_space()
    {
        var error = PolicyCheck.Check(Policy(new Rule { When = Path("\\ba"), Actions = [new SignalAction(9)] })).ShouldHaveSingleItem();
        error.Message.ShouldStartWith("the signal of rule 0 is up to the kernel alone");
        error.Message.ShouldContain("value 0 Regex \"\\ba\"");
    }

    [Fact]
    public void Check_refuses_what_is_done_in_the_kernel_behind_a_rule_of_user_space() =>
        PolicyCheck.Check(Policy(new Rule { When = Path("\\ba") }, new Rule { When = Path("b"), Actions = [new OverrideAction(-1)] })).ShouldHaveSingleItem().Message.ShouldStartWith("the error of rule 1");

    [Fact]
    public void Check_allows_observing_by_what_user_space_decides() =>
        PolicyCheck.Check(Policy(new Rule { When = Path("a"), Actions = [new SignalAction(9)] }, new Rule { When = Path("(?m)^a") })).ShouldBeEmpty();

    [Fact]
    public void Check_refuses_stacks_of_executions_and_exits()
    {
        foreach (var target in (HookTarget[])[new ExecutionHook(), new ExitHook()])
        {
            var policy = new Policy { Name = "p", Hooks = [new HookRequest { Target = target, Rules = [new Rule { Actions = [new PostAction(UserStack: true)] }] }] };
            PolicyCheck.Check(policy).ShouldHaveSingleItem().Message.ShouldBe($"{target}: there is no stack of interest here");
        }
    }

    static ValueCondition Path(string expression) => new(0, new TextPredicate([new TextPattern(TextOperator.Regex, System.Text.Encoding.UTF8.GetBytes(expression))]));

    static Policy Policy(params Rule[] rules) => new()
    {
        Name = "p",
        Hooks = [new HookRequest { Target = new SyscallHook("openat"), Values = [new ValueSpec { Kind = ValueKind.Text, Index = 1 }], Rules = rules, Origin = "policy.yaml:7:3" }],
    };
}
