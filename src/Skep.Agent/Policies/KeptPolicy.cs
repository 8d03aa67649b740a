using Skep.Engine.Rules;

namespace Skep.Agent.Policies;

/// <summary>A policy as it is written down for the next start: a client's, or what a client chose for one from a file.</summary>
sealed record KeptPolicy
{
    public required string Domain { get; init; }

    public string Namespace { get; init; } = "";

    public required string Name { get; init; }

    public bool IsEnabled { get; init; } = true;

    /// <summary>What a client chose instead of the policy's own mode.</summary>
    public PolicyMode? Mode { get; init; }

    /// <summary>The mode of a file's policy when that was chosen: once it is another one, the choice is void.</summary>
    public PolicyMode? OwnMode { get; init; }

    /// <summary>Which of the texts has a client's policy.</summary>
    public int? Text { get; init; }
}
