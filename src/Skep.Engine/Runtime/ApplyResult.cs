using Skep.Engine.Compilation;

namespace Skep.Engine.Runtime;

/// <summary>What came of a set of policies.</summary>
/// <param name="Plan">The programs that are in force.</param>
/// <param name="Failures">Hooks and policies that are not.</param>
/// <param name="IsInForce">False when the policies before stayed because these were wanted as a whole or not at all.</param>
public sealed record ApplyResult(GenerationPlan Plan, IReadOnlyList<PolicyFailure> Failures, bool IsInForce = true)
{
    /// <summary>Whether every policy is in force, if need be without the hooks that it can do without.</summary>
    public bool IsComplete => Failures.All(f => f.IsIgnored);
}
