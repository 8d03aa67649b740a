namespace Skep.Bpf;

/// <summary>One line of the verifier's log.</summary>
/// <param name="Kind">What it tells.</param>
/// <param name="Index">The instruction that it is about, in slots from the start of the program; -1 where the line names none.</param>
/// <param name="Text">The line's content: the instruction without its state, the message, the source text.</param>
/// <param name="State">Registers and stack as the kernel printed them; empty where the line holds none.</param>
public readonly record struct VerifierLogLine(VerifierLogLineKind Kind, int Index, string Text, string State);
