using Skep.Falco.Evaluation;
using Skep.Falco.Fields;

namespace Skep.Falco;

/// <summary>Finds the rules that an event matches: those of its kind, in order. One thread at a time.</summary>
public sealed class FalcoMatcher
{
    readonly (FalcoRule Rule, EvaluationNode Condition)[][] _byEvent;
    readonly bool _all;

    /// <summary>Sorts rules by the kinds of events; those that are not enabled are left out.</summary>
    /// <param name="rules">The rules in order.</param>
    /// <param name="all">Whether all rules that match count, or only the first.</param>
    public FalcoMatcher(IEnumerable<FalcoRule> rules, bool all = false)
    {
        _all = all;
        FalcoRule[] enabled = [.. rules.Where(r => r.Enabled)];
        _byEvent = [.. EventCatalogue.All.Select(e => enabled.Select(r => (r, r.For(e.Index))).Where(r => !r.Item2.IsNever).ToArray())];
    }

    /// <summary>Room for values that conditions make on their way.</summary>
    public Scratch Scratch { get; } = new();

    /// <summary>The events that some rule can match.</summary>
    public IEnumerable<EventInfo> Events => EventCatalogue.All.Where(e => _byEvent[e.Index].Length > 0);

    /// <summary>Adds the rules that match.</summary>
    public void Match(IFalcoEvent item, List<FalcoRule> matches)
    {
        if ((uint)item.EventType >= (uint)_byEvent.Length) return;
        foreach (var (rule, condition) in _byEvent[item.EventType])
        {
            Scratch.Reset();
            if (!condition.Holds(item, Scratch)) continue;
            matches.Add(rule);
            if (!_all) return;
        }
    }
}
