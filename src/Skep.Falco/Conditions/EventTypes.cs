using System.Globalization;
using Skep.Falco.Fields;

namespace Skep.Falco.Conditions;

/// <summary>Which events a condition can be true for: and is the intersection, or the union, not changes one into the other; what does not ask for the kind of event is true for all.</summary>
static class EventTypes
{
    static readonly EventTypeSet s_none = EventCatalogue.Everything.Without(EventCatalogue.Everything);

    /// <exception cref="ConditionException">There is no event of a name.</exception>
    public static EventTypeSet Of(ConditionNode node) => Of(node, negated: false);

    /// <summary>The events for which a check of their kind is true; false when it asks for something else.</summary>
    public static bool TryOf(ConditionNode.Check check, out EventTypeSet types)
    {
        types = s_none;
        if (check.Left is not ValueNode.Field { Argument: null, Name: "evt.type" or "syscall.type" } field || check.Modifier != FalcoModifier.None) return false;
        if (check.Operator is not (FalcoOperator.Equal or FalcoOperator.NotEqual or FalcoOperator.In or FalcoOperator.Intersects)) return false;
        if (check.Right is ValueNode.Transformed) return false;
        var all = field.Name == "evt.type" ? EventCatalogue.Everything : EventCatalogue.Syscalls;
        var named = new EventTypeSet(EventCatalogue.All.Count, full: false);
        foreach (var name in check.Right is ValueNode.List list ? list.Items : [(ValueNode.Text)check.Right])
        {
            if (!EventCatalogue.TryGet(name.Value, out var type)) throw new ConditionException(name.At, $"unknown event type {name.Value}");
            named.Add(type.Index);
        }
        types = check.Operator == FalcoOperator.NotEqual ? all.Without(named) : named.Intersect(all);
        return true;
    }

    static EventTypeSet Of(ConditionNode node, bool negated)
    {
        switch (node)
        {
            case ConditionNode.And and:
                return Combine(and.Parts, negated, union: negated);
            case ConditionNode.Or or:
                return Combine(or.Parts, negated, union: !negated);
            case ConditionNode.Not not:
                return Of(not.Inner, !negated);
            case ConditionNode.Exists { Left: ValueNode.Field { Argument: null, Name: "evt.type" } }:
                return negated ? s_none : EventCatalogue.Everything;
            case ConditionNode.Exists { Left: ValueNode.Field { Argument: null, Name: "syscall.type" } }:
                return negated ? EventCatalogue.Everything.Without(EventCatalogue.Syscalls) : EventCatalogue.Syscalls;
            case ConditionNode.Check check when TryOf(check, out var types):
                return negated ? EventCatalogue.Everything.Without(types) : types;
            case ConditionNode.Check check when CountOfEvents(check) is { } always:
                return always != negated ? EventCatalogue.Everything : s_none;
            default:
                return EventCatalogue.Everything;
        }
    }

    static EventTypeSet Combine(IReadOnlyList<ConditionNode> parts, bool negated, bool union)
    {
        var result = Of(parts[0], negated);
        foreach (var part in parts.Skip(1))
        {
            var other = Of(part, negated);
            result = union ? result.Union(other) : result.Intersect(other);
        }
        return result;
    }

    /// <summary>What a check of <c>evt.num</c> always is, which counts from 1: rules say "never" and "always" by it. Null when it depends.</summary>
    public static bool? CountOfEvents(ConditionNode.Check check)
    {
        if (check.Left is not ValueNode.Field { Name: "evt.num" } || check.Right is not ValueNode.Text right) return null;
        if (!ulong.TryParse(right.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return null;
        return check.Operator switch
        {
            FalcoOperator.Equal when number == 0 => false,
            FalcoOperator.Less when number <= 1 => false,
            FalcoOperator.LessOrEqual when number == 0 => false,
            FalcoOperator.NotEqual when number == 0 => true,
            FalcoOperator.GreaterOrEqual when number <= 1 => true,
            FalcoOperator.Greater when number == 0 => true,
            _ => null,
        };
    }
}
