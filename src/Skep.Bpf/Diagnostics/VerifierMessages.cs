namespace Skep.Bpf;

/// <summary>
/// The verifier's messages that this library can explain (kernel/bpf/verifier.c, cfg.c, btf.c, log.c of 5.10 … 6.18). More specific templates
/// come first. Messages of a family are spread over the partial files of this class.
/// </summary>
static partial class VerifierMessages
{
    /// <summary>Every message, in the order in which a line is tried against them.</summary>
    public static IReadOnlyList<VerifierMessage> All { get; } = [.. Poison, .. Memory, .. Pointers, .. References, .. Calls, .. Attachment, .. Code, .. Types];

    /// <summary>Finds the message that decides: the last one that is known, unless it only completes an earlier one.</summary>
    public static (VerifierMessage Message, Dictionary<string, string> Values, string Line)? Find(IReadOnlyList<string> lines)
    {
        (VerifierMessage, Dictionary<string, string>, string)? detail = null;
        for (var i = lines.Count - 1; i >= 0; i--)
        {
            var values = new Dictionary<string, string>();
            foreach (var message in All)
            {
                if (!message.Template.Matches(lines[i], values)) continue;
                if (!message.IsDetail) return (message, values, lines[i]);
                detail ??= (message, values, lines[i]);
                break;
            }
        }
        return detail;
    }

    static VerifierMessage Entry(string template, VerifierFailureKind kind, string cause, string remedy) => new(new(template), kind, cause, remedy);

    static VerifierMessage Detail(string template, VerifierFailureKind kind, string cause, string remedy) => new(new(template), kind, cause, remedy, IsDetail: true);
}
