namespace Skep.Bpf;

/// <summary>What the verifier did with a program, from the closing lines of its log.</summary>
/// <param name="ProcessedInstructions">Instructions explored over all paths; the kernel stops at <paramref name="Limit"/>.</param>
/// <param name="Limit">The kernel's limit, one million since Linux 5.2.</param>
/// <param name="MaxStatesPerInstruction">Most states kept for one instruction.</param>
/// <param name="TotalStates">States kept over the whole run.</param>
/// <param name="PeakStates">Most states held at once.</param>
/// <param name="StackDepths">Bytes of stack per function, in the order of the code; empty where the log does not say (log level without statistics).</param>
/// <param name="Duration">Time the kernel spent; zero where the log does not say.</param>
public sealed record VerifierStatistics(
    long ProcessedInstructions, long Limit, long MaxStatesPerInstruction, long TotalStates, long PeakStates,
    IReadOnlyList<int> StackDepths, TimeSpan Duration);
