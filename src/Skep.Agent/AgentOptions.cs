using Skep.Agent.Api;
using Skep.Agent.Events;
using Skep.Engine.Recording;
using Skep.Engine.Runtime;

namespace Skep.Agent;

/// <summary>What the agent is asked to do.</summary>
public sealed record AgentOptions
{
    /// <summary>Files and directories of policies.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [];

    /// <summary>Directories of policies that need not exist.</summary>
    public IReadOnlyList<string> OptionalPolicies { get; init; } = [];

    /// <summary>Whether policies are read again when their files change.</summary>
    public bool WatchesPolicies { get; init; }

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

    /// <summary>Bytes of events to keep below <see cref="StateDirectory"/>; 0 to record nothing.</summary>
    public long RecorderSize { get; init; } = RecorderOptions.DefaultSize;

    /// <summary>What events call this node; part of each <c>exec_id</c>.</summary>
    public string NodeName { get; init; } = Environment.MachineName;

    /// <summary>What events call the node's cluster; empty for nothing.</summary>
    public string ClusterName { get; init; } = "";

    /// <summary>Whether events carry credentials and namespaces of processes.</summary>
    public bool WithPrivileges { get; init; }
}
