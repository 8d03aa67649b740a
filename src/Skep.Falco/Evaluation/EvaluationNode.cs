using Skep.Falco.Conditions;

namespace Skep.Falco.Evaluation;

/// <summary>A condition that is ready to look at events. A check of a field that is missing is false, whatever its operator.</summary>
abstract class EvaluationNode
{
    public abstract bool Holds(IFalcoEvent item, Scratch scratch);

    /// <summary>The same for one kind of event: what asks for the kind is answered, and what that decides is left out.</summary>
    public virtual EvaluationNode For(int eventType) => this;

    /// <summary>Whether it is always false.</summary>
    public bool IsNever => this is Constant { Value: false };

    public static EvaluationNode All(IEnumerable<EvaluationNode> parts) => Join(parts, deciding: false, rest => new And(rest));

    public static EvaluationNode Any(IEnumerable<EvaluationNode> parts) => Join(parts, deciding: true, rest => new Or(rest));

    public static EvaluationNode Negate(EvaluationNode inner) => inner is Constant constant ? new Constant(!constant.Value) : new Not(inner);

    static EvaluationNode Join(IEnumerable<EvaluationNode> parts, bool deciding, Func<EvaluationNode[], EvaluationNode> join)
    {
        var rest = new List<EvaluationNode>();
        foreach (var part in parts)
        {
            if (part is not Constant constant) rest.Add(part);
            else if (constant.Value == deciding) return constant;
        }
        return rest.Count switch { 0 => new Constant(!deciding), 1 => rest[0], _ => join([.. rest]) };
    }

    public sealed class And(EvaluationNode[] parts) : EvaluationNode
    {
        public override bool Holds(IFalcoEvent item, Scratch scratch)
        {
            foreach (var part in parts)
            {
                if (!part.Holds(item, scratch)) return false;
            }
            return true;
        }

        public override EvaluationNode For(int eventType) => All(parts.Select(p => p.For(eventType)));
    }

    public sealed class Or(EvaluationNode[] parts) : EvaluationNode
    {
        public override bool Holds(IFalcoEvent item, Scratch scratch)
        {
            foreach (var part in parts)
            {
                if (part.Holds(item, scratch)) return true;
            }
            return false;
        }

        public override EvaluationNode For(int eventType) => Any(parts.Select(p => p.For(eventType)));
    }

    public sealed class Not(EvaluationNode inner) : EvaluationNode
    {
        public override bool Holds(IFalcoEvent item, Scratch scratch) => !inner.Holds(item, scratch);

        public override EvaluationNode For(int eventType) => Negate(inner.For(eventType));
    }

    /// <summary>What needs no event to be decided.</summary>
    public sealed class Constant(bool value) : EvaluationNode
    {
        public bool Value { get; } = value;

        public override bool Holds(IFalcoEvent item, Scratch scratch) => Value;
    }

    public sealed class TypeIn(Fields.EventTypeSet types) : EvaluationNode
    {
        public override bool Holds(IFalcoEvent item, Scratch scratch) => types.Contains(item.EventType);

        public override EvaluationNode For(int eventType) => new Constant(types.Contains(eventType));
    }

    public sealed class Presence(Operand operand) : EvaluationNode
    {
        public override bool Holds(IFalcoEvent item, Scratch scratch) => operand.TryRead(item, scratch, 0, out _);
    }

    public sealed class One(Operand operand, ValueTest test) : EvaluationNode
    {
        public override bool Holds(IFalcoEvent item, Scratch scratch) => operand.TryRead(item, scratch, 0, out var value) && test.Accepts(value);
    }

    /// <summary>Some of several values, or all of them and at least one.</summary>
    public sealed class Several(Operand operand, ValueTest test, bool all) : EvaluationNode
    {
        public override bool Holds(IFalcoEvent item, Scratch scratch)
        {
            var position = 0;
            for (; operand.TryRead(item, scratch, position, out var value); position++)
            {
                if (test.Accepts(value) != all) return !all;
            }
            return all && position > 0;
        }
    }

    /// <summary>Two values of the event.</summary>
    public sealed class Compare(Operand left, Operand right, FalcoOperator comparison) : EvaluationNode
    {
        readonly bool _all = comparison == FalcoOperator.In;

        public override bool Holds(IFalcoEvent item, Scratch scratch)
        {
            var position = 0;
            for (; left.TryRead(item, scratch, position, out var value); position++)
            {
                if (HoldsFor(item, scratch, value) != _all) return !_all;
                if (!left.HasSeveral) return _all;
            }
            return _all && position > 0;
        }

        bool HoldsFor(IFalcoEvent item, Scratch scratch, FieldValue value)
        {
            for (var position = 0; right.TryRead(item, scratch, position, out var other); position++)
            {
                if (ValueComparison.Holds(comparison, left.Type, value, other)) return true;
                if (!right.HasSeveral) return false;
            }
            return false;
        }
    }
}
