using Skep.Falco.Conditions;

namespace Skep.Falco.Evaluation;

/// <summary>A condition that is ready to look at events. A check of a field that is missing is false, whatever its operator.</summary>
abstract class EvaluationNode
{
    public abstract bool Holds(IFalcoEvent item, Scratch scratch);

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
    }

    public sealed class Not(EvaluationNode inner) : EvaluationNode
    {
        public override bool Holds(IFalcoEvent item, Scratch scratch) => !inner.Holds(item, scratch);
    }

    /// <summary>A constant: what the kind of the event decided already is not asked again.</summary>
    public sealed class Constant(bool value) : EvaluationNode
    {
        public override bool Holds(IFalcoEvent item, Scratch scratch) => value;
    }

    public sealed class TypeIn(Fields.EventTypeSet types) : EvaluationNode
    {
        public override bool Holds(IFalcoEvent item, Scratch scratch) => types.Contains(item.EventType);
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
