using Skep.Engine.Rules;

namespace Skep.Engine.Compilation;

/// <summary>A hook of a policy that this kernel cannot give, or that cannot be compiled.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Request">The hook; null when the whole policy is meant.</param>
/// <param name="Reason">Why, with the nearest alternative.</param>
/// <param name="IsIgnored">Whether the policy goes without the hook.</param>
public sealed record PolicyFailure(Policy Policy, HookRequest? Request, string Reason, bool IsIgnored)
{
    /// <summary>Whether what the hook is about cannot happen here.</summary>
    public bool NeverHappens { get; init; }
}
