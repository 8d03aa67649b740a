using Skep.Engine.Rules;

namespace Skep.Tetragon.Policies;

/// <summary>What a file holds.</summary>
/// <param name="Policies">Its policies; none where anything is wrong. Hooks that are not supported are left out of them.</param>
/// <param name="Diagnostics">What there is to say, by line.</param>
public sealed record TracingPolicies(IReadOnlyList<Policy> Policies, IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <summary>Whether anything is wrong.</summary>
    public bool HasErrors => Diagnostics.Any(d => d.Severity == Severity.Error);

    /// <summary>Whether a hook was left out because it is not supported.</summary>
    public bool IsPartial => Diagnostics.Any(d => d.Severity == Severity.Unsupported);
}
