namespace Skep.Engine.Matching;

/// <summary>A regular expression that is wrong, or that automata cannot express.</summary>
public sealed class PatternSyntaxException(string message, int offset, LeftOutReason reason = LeftOutReason.Syntax)
    : FormatException($"{message} at offset {offset}")
{
    /// <summary>Where, in bytes from the pattern's start.</summary>
    public int Offset { get; } = offset;

    /// <summary>Whether it is wrong or only unsupported.</summary>
    public LeftOutReason Reason { get; } = reason;
}
