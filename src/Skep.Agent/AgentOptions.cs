using System.Net;
using Skep.Agent.Api;
using Skep.Agent.Events;
using Skep.Agent.Health;
using Skep.Engine.Runtime;
using Skep.Tetragon.Filters;

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

    /// <summary>Whether events carry credentials and namespaces of processes.</summary>
    public bool WithPrivileges { get; init; }

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
