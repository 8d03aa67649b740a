using Skep.Falco.Conditions;
using Skep.Falco.Evaluation;
using Skep.Falco.Fields;
using Skep.Falco.Loading;
using Skep.Falco.Output;

namespace Skep.Falco;

/// <summary>A rule that is ready to look at events.</summary>
public sealed class FalcoRule
{
    readonly EvaluationNode _evaluation;

    internal FalcoRule(RuleInfo info, ConditionNode condition, EvaluationNode evaluation, EventTypeSet types, OutputFormat output)
    {
        _evaluation = evaluation;
        (Name, Source, Priority, Tags, Description) = (info.Name, info.Source, info.Priority, info.Tags, info.Description);
        SortedTags = [.. info.Tags.Order(StringComparer.Ordinal)];
        (Condition, EventTypes, Output) = (condition, types, output);
        (Exceptions, Enabled, Action, Window) = ([.. info.Exceptions.Select(e => e.Name)], info.Enabled, info.Action, info.Window);
        (Capture, CaptureDuration) = (info.Capture, TimeSpan.FromMilliseconds(Math.Min(info.CaptureDuration, int.MaxValue)));
        (File, Line, Column) = (info.Context.File.Name, info.Context.Place.Line, info.Context.Place.Column);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Where its events come from.</summary>
    public string Source { get; }

    /// <summary>How grave its alerts are.</summary>
    public FalcoPriority Priority { get; }

    /// <summary>Its tags, in order.</summary>
    public IReadOnlyList<string> Tags { get; }

    internal string[] SortedTags { get; }

    /// <summary>What it is for.</summary>
    public string Description { get; }

    /// <summary>Its condition, lists, macros and exceptions put in.</summary>
    public ConditionNode Condition { get; }

    /// <summary>The events it can match.</summary>
    public EventTypeSet EventTypes { get; }

    /// <summary>What its alerts say.</summary>
    public OutputFormat Output { get; }

    /// <summary>The names of its exceptions.</summary>
    public IReadOnlyList<string> Exceptions { get; }

    /// <summary>Whether it is looked at.</summary>
    public bool Enabled { get; internal set; }

    /// <summary>What it does besides its alert; null when nothing.</summary>
    public FalcoAction? Action { get; }

    /// <summary>How often it must match; null when once is enough.</summary>
    public FalcoWindow? Window { get; }

    /// <summary>Whether an alert starts a capture.</summary>
    public bool Capture { get; }

    /// <summary>How long that lasts; zero for the configured time.</summary>
    public TimeSpan CaptureDuration { get; }

    /// <summary>The file of its last definition.</summary>
    public string File { get; }

    /// <summary>The line there, from 1.</summary>
    public int Line { get; }

    /// <summary>The column there, from 1.</summary>
    public int Column { get; }

    /// <summary>The condition for one kind of event.</summary>
    internal EvaluationNode For(int eventType) => EventTypes.Contains(eventType) ? _evaluation.For(eventType) : new EvaluationNode.Constant(false);

    /// <summary>Whether its condition holds for an event. Whether it is enabled does not matter.</summary>
    public bool Matches(IFalcoEvent item, Scratch scratch)
    {
        scratch.Reset();
        return EventTypes.Contains(item.EventType) && _evaluation.Holds(item, scratch);
    }
}
