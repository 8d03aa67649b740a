namespace Skep.Engine.Matching;

/// <summary>Limits of matchers, and where texts lie.</summary>
public sealed record TextMatcherOptions
{
    /// <summary>Bytes of one automaton's table.</summary>
    public int TableBudget { get; init; } = 2 << 20;

    /// <summary>Readable bytes at the address that the functions get: the size of <c>struct slot</c> in <c>bpf/engine.h</c>.</summary>
    public int SlotSize { get; init; } = 37328;

    /// <summary>Longest text; each must have this many readable bytes behind its start.</summary>
    public int MaxLength { get; init; } = 4096;

    /// <summary>Whether programs may sleep: these cannot use longest-prefix tries, so that large sets of prefixes and suffixes become automata.</summary>
    public bool Sleepable { get; init; }

    /// <summary>Prefixes, suffixes and texts up to this many compare one by one where no automaton runs anyway.</summary>
    public int MaxCompares { get; init; } = 16;

    /// <summary>Steps of construction after which an automaton counts as too large.</summary>
    public long WorkBudget { get; init; } = 20_000_000;

    internal int MaxOffset => SlotSize - MaxLength;
}
