using Skep.Engine.Evaluation;
using Skep.Engine.Rules;

namespace Skep.Engine.Trials;

/// <summary>A rule ready to be judged.</summary>
sealed class TrialRule
{
    const int SIGKILL = 9;

    public TrialRule(Rule rule, int number, Workload? scope, IReadOnlyList<ValueSpec> values)
    {
        var when = scope is null ? rule.When : new All([new WorkloadCondition(scope), rule.When]);
        (Number, Conditions) = (number, rule.WhenReturned is { } returned ? [when, returned] : [when]);
        When = ConditionEvaluator.Compile(when, values, assumesUnchanged: true);
        WhenReturned = rule.WhenReturned is null ? null : ConditionEvaluator.Compile(rule.WhenReturned, values, assumesUnchanged: true);
        (AtEntry, AtReturn) = (VerdictOf(rule.Actions), VerdictOf(rule.ReturnActions) & ~TrialVerdict.Posted);
        if (!rule.Actions.Concat(rule.ReturnActions).Any(a => a is NoPostAction)) AtReturn |= TrialVerdict.Posted;
    }

    public int Number { get; }

    public IReadOnlyList<Condition> Conditions { get; }

    public ConditionEvaluator When { get; }

    public ConditionEvaluator? WhenReturned { get; }

    /// <summary>What is done when the hook runs.</summary>
    public TrialVerdict AtEntry { get; }

    /// <summary>What is done when it has returned, or at once where nothing is asked of that; the event too.</summary>
    public TrialVerdict AtReturn { get; }

    static TrialVerdict VerdictOf(IReadOnlyList<RuleAction> actions)
    {
        var verdict = TrialVerdict.None;
        foreach (var action in actions)
        {
            verdict |= action switch
            {
                SignalAction { Signal: SIGKILL } => TrialVerdict.Killed,
                SignalAction => TrialVerdict.Signalled,
                OverrideAction => TrialVerdict.Denied,
                PostAction or NoPostAction => TrialVerdict.None,
                _ => TrialVerdict.Other,
            };
        }
        return verdict;
    }
}
