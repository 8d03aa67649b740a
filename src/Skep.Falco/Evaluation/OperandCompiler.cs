using Skep.Falco.Conditions;
using Skep.Falco.Fields;

namespace Skep.Falco.Evaluation;

/// <summary>Makes fields and transformers ready for events.</summary>
static class OperandCompiler
{
    /// <exception cref="ConditionException">It is wrong.</exception>
    public static Operand Compile(ValueNode node, OperandUse use) => node switch
    {
        ValueNode.Field field => Compile(field, use, transformed: false),
        ValueNode.Transformed transformed => Compile(transformed, use),
        ValueNode.Text text => new ConstantOperand([FalcoText.ToBytes(text.Value)]),
        ValueNode.List list => new ConstantOperand([.. list.Items.Select(i => FalcoText.ToBytes(i.Value))]),
        _ => throw new ArgumentOutOfRangeException(nameof(node)),
    };

    static Operand Compile(ValueNode.Field node, OperandUse use, bool transformed)
    {
        var field = FieldCatalogue.Find(node.Name, node.Argument, out var error) ?? throw new ConditionException(node.At, error);
        if (use == OperandUse.Output && field.Field.Is(FieldTraits.FilterOnly)) throw new ConditionException(node.At, $"field '{field}' can only be used in conditions");
        if (use != OperandUse.Output && field.Field.Is(FieldTraits.PrintOnly)) throw new ConditionException(node.At, $"field '{field}' can only be used in outputs");
        if (use == OperandUse.Right && field.Field.Is(FieldTraits.LeftOnly)) throw new ConditionException(node.At, $"field '{field}' cannot be used on the right side of an operator");
        if (transformed && field.Field.Is(FieldTraits.NotTransformed)) throw new ConditionException(node.At, $"field '{field}' cannot be used with a transformer");
        return TimeOperand.Makes(field.Field.Name) ? TimeOperand.Of(field) : new FieldOperand(field);
    }

    static Operand Compile(ValueNode.Transformed node, OperandUse use)
    {
        if (node.Transformer == Transformer.Value) return Compile(node.Arguments[0], use);
        if (node.Transformer == Transformer.GetOption) throw new ConditionException(node.At, "the transformer 'getopt' is not supported yet");
        Operand[] arguments = [.. node.Arguments.Select(a => a is ValueNode.Field field ? Compile(field, use, transformed: true) : Compile(a, use))];
        var name = Transformers.NameOf(node.Transformer);
        foreach (var (argument, operand) in node.Arguments.Zip(arguments))
        {
            var fits = ValueComparison.IsText(operand.Type) || (node.Transformer == Transformer.Length && operand.HasSeveral);
            if (!fits) throw new ConditionException(argument.At, $"the transformer '{name}' does not take values of type {operand.Type}");
        }
        switch (node.Transformer)
        {
            case Transformer.Concat:
                if (arguments.Length < 2) throw new ConditionException(node.At, "the transformer 'concat' takes two or more values");
                if (arguments.Any(a => a.HasSeveral)) throw new ConditionException(node.At, "the transformer 'concat' takes no lists");
                return new JoinedOperand([], arguments);
            case Transformer.Join:
                if (arguments.Length < 2 || node.Arguments[0] is not ValueNode.Text separator) throw new ConditionException(node.At, "the transformer 'join' takes a separator and values");
                return new JoinedOperand(FalcoText.ToBytes(separator.Value), arguments[1..]);
            default:
                return new TransformedOperand(node.Transformer, arguments[0]);
        }
    }
}
