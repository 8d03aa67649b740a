using Skep.Engine.Compilation;
using Skep.Engine.Containers;
using Skep.Engine.Evaluation;
using Skep.Engine.Hooks;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;

namespace Skep.Engine.Runtime;

/// <summary>What is left to decide of a hook's matches: of rules that the kernel only knows bounds of, of those about containers that were new to it, and of those behind them.</summary>
sealed class ResidualRules
{
    /// <summary>By number of the rule; null for those that the kernel decides.</summary>
    readonly ConditionEvaluator?[] _evaluators;
    readonly byte[][] _places;
    /// <summary>By number of the rule, the first one of its request.</summary>
    readonly int[] _first;
    readonly bool _knowsProcess;

    ResidualRules(HookPlan plan, GenerationPlan generation)
    {
        _evaluators = new ConditionEvaluator?[plan.RuleCount];
        _places = new byte[plan.RuleCount][];
        _first = new int[plan.RuleCount];
        // Where sockets are tracked, an event may be that of the socket's owner, whom the kernel did not ask about.
        _knowsProcess = !generation.TracksSockets;
        foreach (var request in plan.Requests)
        {
            var places = request.Values.Select(v => v < 0 ? byte.MaxValue : (byte)v).ToArray();
            for (var i = 0; i < request.RuleCount; i++)
            {
                var (rule, number) = (request.RuleAt(i), request.FirstRule + i);
                (_places[number], _first[number]) = (places, request.FirstRule);
                var leavesOut = generation.Limits.LeavesOut(rule);
                if (!leavesOut && !Waits(request, rule)) continue;
                AsksWorkloads |= Waits(request, rule);
                var condition = rule.WhenReturned is { } returned && plan.Hook.Phase == HookPhase.Return ? new All([rule.When, returned]) : rule.When;
                _evaluators[number] = leavesOut ? ConditionEvaluator.Compile(condition, request.Request.Values) : ConditionEvaluator.CompileWorkloads(condition);
            }
        }
    }

    /// <summary>What is left of a hook; null when the kernel decides all.</summary>
    public static ResidualRules? Of(HookPlan plan, GenerationPlan generation) =>
        plan.Requests.Any(r => Enumerable.Range(0, r.RuleCount).Any(i => generation.Limits.LeavesOut(r.RuleAt(i)) || Waits(r, r.RuleAt(i)))) ? new ResidualRules(plan, generation) : null;

    /// <summary>Whether any rule lets through processes of which it is not certain yet which container they are of.</summary>
    public bool AsksWorkloads { get; }

    /// <summary>Whether a rule that the kernel let through is the one that its request takes.</summary>
    public bool Takes(int rule, in HookRecord record, ProcessInfo process, ContainerInfo? container)
    {
        if (Evaluate(rule, record, process, container) == Truth.False) return false;
        for (var earlier = _first[rule]; earlier < rule; earlier++)
        {
            if (_evaluators[earlier] is null) continue;
            var truth = Evaluate(earlier, record, process, container);
            // One that posts nothing is not in the record.
            if (truth == Truth.True || (truth == Truth.Unknown && IsReported(record, earlier))) return false;
        }
        return true;
    }

    static bool Waits(PlannedRequest request, Rule rule) => !request.IsExact && rule.IsAboutWorkloads;

    Truth Evaluate(int rule, in HookRecord record, ProcessInfo process, ContainerInfo? container) =>
        _evaluators[rule]?.Evaluate(record, _places[rule], _knowsProcess ? process : null, container) ?? Truth.True;

    static bool IsReported(in HookRecord record, int rule)
    {
        for (var i = 0; i < record.MatchCount; i++)
        {
            if (record.Match(i).Rule == rule) return true;
        }
        return false;
    }
}
