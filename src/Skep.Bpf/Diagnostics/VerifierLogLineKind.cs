namespace Skep.Bpf;

/// <summary>What a line of the verifier's log tells.</summary>
public enum VerifierLogLineKind
{
    /// <summary>A message: the reason of a refusal, or a text this library does not know.</summary>
    Message,
    /// <summary>An instruction that is being verified: <c>7: (85) call bpf_map_lookup_elem#1</c>.</summary>
    Instruction,
    /// <summary>Registers and stack before an instruction: <c>7: R0=… fp-8=…</c> or <c>from 5 to 9: R0=…</c>.</summary>
    State,
    /// <summary>A line of the program's source: <c>; if (!value) @ file.bpf.c:12</c>.</summary>
    Source,
    /// <summary>The verifier's notes on precision tracking, on pruned paths and on calls; never the reason of a refusal.</summary>
    Trace,
    /// <summary>Closing statistics.</summary>
    Statistics,
}
