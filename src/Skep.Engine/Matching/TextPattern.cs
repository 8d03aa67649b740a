namespace Skep.Engine.Matching;

/// <summary>One operator with its constant, over bytes.</summary>
public sealed class TextPattern(TextOperator comparison, byte[] text) : IEquatable<TextPattern>
{
    /// <summary>How it compares.</summary>
    public TextOperator Operator { get; } = comparison;

    /// <summary>The constant: text, wildcards or expression. Treat as read-only.</summary>
    public byte[] Text { get; } = text;

    /// <summary>What is wrong with an expression; null when nothing is, and for all other operators, whose constants are never wrong.</summary>
    public string? FindError()
    {
        if (Operator != TextOperator.Regex) return null;
        try
        {
            Automata.RegexParser.Parse(Text);
            return null;
        }
        catch (PatternSyntaxException error)
        {
            return error.Message;
        }
    }

    /// <inheritdoc/>
    public bool Equals(TextPattern? other) => other is not null && Operator == other.Operator && Text.AsSpan().SequenceEqual(other.Text);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TextPattern);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Operator);
        hash.AddBytes(Text);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Operator} \"{System.Text.Encoding.UTF8.GetString(Text)}\"";
}
