namespace Skep.Engine.Matching.Automata;

/// <summary>A pattern as a tree over bytes.</summary>
abstract record PatternNode
{
    public static readonly PatternNode Empty = new Sequence([]);

    public static PatternNode Bytes(ReadOnlySpan<byte> text)
    {
        var parts = new PatternNode[text.Length];
        for (var i = 0; i < parts.Length; i++) parts[i] = new Set(ByteSet.Of(text[i]));
        return parts.Length == 1 ? parts[0] : new Sequence(parts);
    }

    /// <summary>One byte of a set; an empty set never matches.</summary>
    public sealed record Set(ByteSet Accepted) : PatternNode;

    public sealed record Sequence(IReadOnlyList<PatternNode> Parts) : PatternNode;

    public sealed record Choice(IReadOnlyList<PatternNode> Parts) : PatternNode;

    /// <summary>Repetition; no maximum when it is -1.</summary>
    public sealed record Repeat(PatternNode Inner, int Minimum, int Maximum) : PatternNode;

    /// <summary>Holds at the text's start.</summary>
    public sealed record TextStart : PatternNode;

    /// <summary>Holds at the text's end.</summary>
    public sealed record TextEnd : PatternNode;

    /// <summary>Holds at the text's start and behind each newline. The place is that in the expression.</summary>
    public sealed record LineStart(int Place) : PatternNode;

    /// <summary>Holds at the text's end and before each newline.</summary>
    public sealed record LineEnd(int Place) : PatternNode;

    /// <summary>Holds where one side is a word's and the other is not, or where that is not so.</summary>
    public sealed record WordBoundary(bool Negated, int Place) : PatternNode;
}
