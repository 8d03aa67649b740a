namespace Skep.Bpf;

/// <summary>One attempt at something and what came of it.</summary>
/// <param name="Error">Positive error number; 0 when it worked.</param>
/// <param name="Log">The verifier's words, or empty.</param>
/// <param name="Step">What failed, when the attempt has several steps: <c>load</c>, <c>attach</c>.</param>
readonly record struct ProbeOutcome(int Error, string Log = "", string Step = "load")
{
    /// <summary>As given; empty, not null, in a default value.</summary>
    public string Log { get => field ?? ""; init; } = Log;

    public bool Worked => Error == 0;
}
