using System.Reflection;

namespace Skep.Bpf.Tests;

/// <summary>A verifier log of some kernel and what must be made of it. Lines <c># key: value</c> come first, the log follows <c>---</c>.</summary>
sealed record VerifierVector(string Name, VerifierFailureKind Kind, int Instruction, string Log)
{
    const string Prefix = "vectors/verifier/";

    public static IReadOnlyList<VerifierVector> All { get; } =
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).Order().Select(Read)];

    static VerifierVector Read(string resource)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!);
        var text = reader.ReadToEnd();
        var end = text.IndexOf("---\n", StringComparison.Ordinal);
        var head = text[..end].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[2..].Split(": ", 2)).ToDictionary(p => p[0], p => p[1]);
        return new VerifierVector(resource[Prefix.Length..^4], Enum.Parse<VerifierFailureKind>(head["kind"]), int.Parse(head["instruction"]), text[(end + 4)..]);
    }
}
