namespace Skep.Falco.Conditions;

/// <summary>A condition as its author wrote it.</summary>
/// <param name="At">Where it starts in its text, from 0.</param>
public abstract record ConditionNode(int At)
{
    /// <summary>All parts hold.</summary>
    public sealed record And(int At, IReadOnlyList<ConditionNode> Parts) : ConditionNode(At)
    {
        /// <inheritdoc/>
        public override string ToString() => ConditionPrinter.Print(this);
    }

    /// <summary>One part holds.</summary>
    public sealed record Or(int At, IReadOnlyList<ConditionNode> Parts) : ConditionNode(At)
    {
        /// <inheritdoc/>
        public override string ToString() => ConditionPrinter.Print(this);
    }

    /// <summary>It does not hold.</summary>
    public sealed record Not(int At, ConditionNode Inner) : ConditionNode(At)
    {
        /// <inheritdoc/>
        public override string ToString() => ConditionPrinter.Print(this);
    }

    /// <summary>What a macro says.</summary>
    public sealed record Macro(int At, string Name) : ConditionNode(At)
    {
        /// <inheritdoc/>
        public override string ToString() => ConditionPrinter.Print(this);
    }

    /// <summary>There is a value.</summary>
    public sealed record Exists(int At, ValueNode Left) : ConditionNode(At)
    {
        /// <inheritdoc/>
        public override string ToString() => ConditionPrinter.Print(this);
    }

    /// <summary>A value compares with another.</summary>
    /// <param name="At">Where it starts in its text, from 0.</param>
    /// <param name="Left">What is compared.</param>
    /// <param name="Operator">How.</param>
    /// <param name="Word">The operator as it was written.</param>
    /// <param name="Modifier">How many of the constants must match.</param>
    /// <param name="Right">With what.</param>
    public sealed record Check(int At, ValueNode Left, FalcoOperator Operator, string Word, FalcoModifier Modifier, ValueNode Right) : ConditionNode(At)
    {
        /// <inheritdoc/>
        public override string ToString() => ConditionPrinter.Print(this);
    }
}
