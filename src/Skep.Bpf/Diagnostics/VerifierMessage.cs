namespace Skep.Bpf;

/// <summary>What this library knows about one message of the verifier.</summary>
/// <param name="Template">The kernel's words; see <see cref="MessageTemplate"/>.</param>
/// <param name="Kind">The kind of failure.</param>
/// <param name="Cause">The cause in plain words, with the template's placeholders.</param>
/// <param name="Remedy">What to change.</param>
/// <param name="IsDetail">Whether the message only completes an earlier one, which then decides.</param>
sealed record VerifierMessage(MessageTemplate Template, VerifierFailureKind Kind, string Cause, string Remedy, bool IsDetail = false);
