using System.Net;
using Skep.Agent.Api;
using Skep.Agent.Events;
using Skep.Agent.Health;
using Skep.Engine.Recording;
using Skep.Engine.Runtime;
using Skep.Tetragon.Filters;

namespace Skep.Agent;

/// <summary>What the agent is asked to do.</summary>
public sealed record AgentOptions
{
    /// <summary>Files and directories of policies.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [];

    /// <summary>Whether an event raises an alert for each of Falco's rules that it matches, or for the first alone.</summary>
    public bool MatchesAllRules { get; init; }

    /// <summary>Whether events are printed, beside the alerts of rules.</summary>
    public bool PrintsEvents { get; init; } = true;

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

    /// <summary>Sockets of container runtimes that are asked for labels of pods (CRI).</summary>
    public IReadOnlyList<string> RuntimeSockets { get; init; } = [];

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

    /// <summary>Whether stacks of processes carry build ids of files.</summary>
    public bool WithBuildIds { get; init; }

    /// <summary>Where events are exported to beside what is printed; null for nowhere.</summary>
    public ExportFileOptions? ExportFile { get; init; }

    /// <summary>Takes secrets out of everything that is told; null for nothing.</summary>
    public Redactor? Redactor { get; init; }

    /// <summary>Where metrics are served over HTTP; null for nowhere.</summary>
    public IPEndPoint? MetricsAddress { get; init; }

    /// <summary>What the agent may take; more is told.</summary>
    public ResourceBudget Budget { get; init; } = new();

    /// <summary>Whether a person sees the output, and is told how the agent is.</summary>
    public bool ShowsHealth { get; init; }
}
