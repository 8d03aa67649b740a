using Shouldly;
using Skep.Bpf;
using Skep.Bpf.Instructions;
using Skep.Engine.Compilation;
using Skep.Engine.Hooks;
using Skep.Engine.Matching;
using Skep.Engine.Rules;
using Skep.Engine.Runtime;
using Xunit;

namespace Skep.Engine.Tests.Compilation;

/// <summary>Executions and exits as hooks: one decision for all policies, a part of the process sensor.</summary>
public class ProcessHookPlanTests
{
    static readonly HookResolver s_resolver = new(KernelObjects.Engine().Btf!);

    [Fact]
    public void Policies_share_one_decision_of_the_sensor()
    {
        var plan = GenerationPlan.Create([Executions("a", "filename"), Executions("b", "arguments", "filename"), Exits("c")], s_resolver, bestEffort: false);

        plan.Failures.ShouldBeEmpty();
        plan.Filters.ShouldBe(EventFilters.Executions | EventFilters.Exits);
        plan.Hooks.Select(h => (h.Hook.Section, h.Hook.Mechanism, h.Hook.Strength, h.ProgramName)).ShouldBe(
        [
            ("execution", HookMechanism.Sensor, ActionStrength.Prevented, "decide_execution"),
            ("exit", HookMechanism.Sensor, ActionStrength.None, "decide_exit"),
        ]);
        plan.Hooks[0].Values.Count.ShouldBe(2);
        plan.Hooks[1].Values[plan.Hooks[1].StatusIndex].ShouldBe(ProcessValues.Status);
    }

    [Fact]
    public void Everything_that_can_be_asked_fits_into_one_decision()
    {
        var all = new HookRequest { Target = new ExecutionHook(), Values = [.. ProcessValues.OfExecution.Values] };
        var plan = GenerationPlan.Create([new Policy { Name = "all", Hooks = [all] }, new Policy { Name = "again", Hooks = [all] }], s_resolver, bestEffort: false);

        plan.Hooks.ShouldHaveSingleItem().Values.Count.ShouldBe(ProcessValues.OfExecution.Count);
    }

    [Fact]
    public void Error_in_place_of_an_execution_is_refused_with_the_nearest_hook()
    {
        var policy = new Policy { Name = "p", Hooks = [new HookRequest { Target = new ExecutionHook(), Rules = [new Rule { Actions = [new OverrideAction(-1)] }] }] };

        GenerationPlan.Create([policy], s_resolver, bestEffort: false).Failures.ShouldHaveSingleItem().Reason.ShouldContain("bprm_check_security");
    }

    [Fact]
    public void Policies_without_them_leave_the_sensor_as_it_is()
    {
        GenerationPlan.Create([], s_resolver, bestEffort: false).Filters.ShouldBe(EventFilters.None);
    }

    [Fact]
    public void Decisions_and_the_bound_of_exits_take_the_place_of_the_sensor_s_own()
    {
        var layout = new KernelLayout(KernelObjects.Engine().Btf!);
        var plan = GenerationPlan.Create([Executions("a"), Exits("b")], s_resolver, bestEffort: false);
        var written = new GenerationWriter(plan, layout, KernelObjects.Engine().Btf!, new AtomTable(1024)).Write();
        var linked = new ObjectLinker("test").Add(written).Add(KernelObjects.Engine()).Link();

        var alone = KernelObjects.Engine();
        foreach (var name in (string[])["decide_execution", "decide_exit", "expects_exit"])
        {
            linked.Functions[name].Instructions.SequenceEqual(alone.Functions[name].Instructions).ShouldBeFalse(name);
        }
    }

    static Policy Executions(string name, params string[] values) => new()
    {
        Name = name,
        Hooks = [new HookRequest { Target = new ExecutionHook(), Values = [.. values.Select(v => ProcessValues.OfExecution[v])], Rules = [new Rule { When = s_shell }] }],
    };

    static Policy Exits(string name) => new()
    {
        Name = name,
        Hooks =
        [
            new HookRequest
            {
                Target = new ExitHook(), Values = [ProcessValues.OfExit["code"]],
                Rules = [new Rule { When = new All([s_shell, new Not(new ValueCondition(0, new NumberPredicate([new NumberRange(0, 0)])))]) }],
            },
        ],
    };

    static readonly ExecutableCondition s_shell = new([new TextPattern(TextOperator.Suffix, "/sh"u8.ToArray())], ProcessRelation.Self);
}
