namespace Skep.Falco.Conditions;

/// <summary>A side of a check.</summary>
/// <param name="At">Where it starts in its text, from 0.</param>
public abstract record ValueNode(int At)
{
    /// <summary>A field, with what stood in brackets behind it.</summary>
    public sealed record Field(int At, string Name, string? Argument) : ValueNode(At);

    /// <summary>A value made of others, with what stood in brackets behind it.</summary>
    public sealed record Transformed(int At, Transformer Transformer, IReadOnlyList<ValueNode> Arguments, string? Argument) : ValueNode(At);

    /// <summary>A constant. A byte of 128 or more that was written <c>\xHH</c> is the character U+DC00 plus the byte.</summary>
    public sealed record Text(int At, string Value) : ValueNode(At);

    /// <summary>Several constants.</summary>
    public sealed record List(int At, IReadOnlyList<Text> Items) : ValueNode(At);
}
