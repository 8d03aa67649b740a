using Skep.Agent.Api;
using Skep.Agent.Events;
using Skep.Engine.Runtime;

namespace Skep.Agent;

/// <summary>What the agent is asked to do.</summary>
public sealed record AgentOptions
{
    /// <summary>Files and directories of policies.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [];

    /// <summary>How events are written.</summary>
    public EventFormat Format { get; init; }

    /// <summary>Whether compact lines have colours.</summary>
    public bool UsesColour { get; init; }

    /// <summary>When to stop; null for never.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Limits and sizes.</summary>
    public EngineOptions Engine { get; init; } = new();

    /// <summary>Where clients are served.</summary>
    public ApiOptions Api { get; init; } = new();

    /// <summary>Where the agent keeps what it is to know after a restart; null to keep nothing.</summary>
    public string? StateDirectory { get; init; }

    /// <summary>Whether events carry credentials and namespaces of processes.</summary>
    public bool WithPrivileges { get; init; }
}
