namespace Skep.Engine.Matching.Automata;

/// <summary>A deterministic automaton: what each state reports and where each class of bytes leads.</summary>
sealed class Dfa
{
    /// <summary>Class of each byte.</summary>
    public required byte[] ClassOf { get; init; }

    public required int Classes { get; init; }

    /// <summary>State × class → state. The first state is the start.</summary>
    public required int[] Next { get; init; }

    /// <summary>By state: numbers that match as soon as it is entered.</summary>
    public required int[][] Events { get; init; }

    /// <summary>By state: numbers that match when the text ends in it.</summary>
    public required int[][] Finals { get; init; }

    public int States => Events.Length;
}
