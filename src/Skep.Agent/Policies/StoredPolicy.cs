using Skep.Engine.Rules;

namespace Skep.Agent.Policies;

/// <summary>A policy that someone wants in force.</summary>
/// <param name="Policy">As it was written.</param>
/// <param name="Domain">Where it comes from: <see cref="PolicyStore.StaticDomain"/> or a client's.</param>
/// <param name="Id">Its number, unique as long as the agent runs.</param>
sealed record StoredPolicy(Policy Policy, string Domain, long Id)
{
    /// <summary>The text of a client's policy; null of one from a file.</summary>
    public string? Text { get; init; }

    /// <summary>Whether it is loaded at all.</summary>
    public bool IsEnabled { get; init; } = true;

    /// <summary>Whether it is not loaded although it is wanted, because this kernel refuses it or a file has one of its name; each reload tries again.</summary>
    public bool IsLeftOut { get; init; }

    /// <summary>What a client chose instead of the policy's own mode; null for that.</summary>
    public PolicyMode? Mode { get; init; }

    /// <summary>Why it is not in force, or what of it is missing; empty when it is complete.</summary>
    public string Error { get; init; } = "";

    /// <summary>The policy as it is to be loaded.</summary>
    public Policy Wanted => Mode is { } mode ? Policy with { Mode = mode } : Policy;

    public bool Is(string name, string @namespace, string domain) => Policy.Name == name && Policy.Namespace == @namespace && (domain.Length == 0 || Domain == domain);
}
