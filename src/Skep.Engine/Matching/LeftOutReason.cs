namespace Skep.Engine.Matching;

/// <summary>Why a pattern is in no automaton.</summary>
public enum LeftOutReason
{
    /// <summary>It is not well formed; the message has the offset.</summary>
    Syntax,

    /// <summary>Well formed, but outside of what the automata can say.</summary>
    Unsupported,

    /// <summary>Its automaton alone is beyond the budget.</summary>
    TooLarge,
}
