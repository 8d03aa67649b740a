namespace Skep.Agent.Policies;

/// <summary>The file of policies that are kept for the next start. A text that has several policies is in it once.</summary>
sealed record KeptPolicies
{
    public const int CurrentVersion = 1;

    public int Version { get; init; }

    public IReadOnlyList<string> Texts { get; init; } = [];

    public IReadOnlyList<KeptPolicy> Policies { get; init; } = [];
}
