using Skep.Agent.Events;

namespace Skep.Agent.Health;

/// <summary>How the agent is, at one time: what it costs, what it lost, what it can do. Every screen, the API and the metrics show this one.</summary>
public sealed record AgentStatus
{
    /// <summary>Version of the agent.</summary>
    public required string Version { get; init; }

    /// <summary>When it started.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>What it may take.</summary>
    public required ResourceBudget Budget { get; init; }

    /// <summary>Processor time of this process since it started.</summary>
    public TimeSpan CpuTime { get; init; }

    /// <summary>Share of all processors since the start, from 0 to 1.</summary>
    public double CpuShare { get; init; }

    /// <summary>The same of the last ten seconds.</summary>
    public double RecentCpuShare { get; init; }

    /// <summary>Bytes of this process that are in memory.</summary>
    public long ResidentBytes { get; init; }

    /// <summary>Bytes of kernel memory in all maps.</summary>
    public long KernelBytes { get; init; }

    /// <summary>Events that were told since the start.</summary>
    public long Events { get; init; }

    /// <summary>Events a second, over the last ten seconds.</summary>
    public double EventsPerSecond { get; init; }

    /// <summary>Losses by cause: all causes, also those that lost nothing.</summary>
    public required IReadOnlyList<LossCount> Losses { get; init; }

    /// <summary>What it can do.</summary>
    public IReadOnlyList<AbilityStatus> Abilities { get; init; } = [];

    /// <summary>Policies in force.</summary>
    public int LoadedPolicies { get; init; }

    /// <summary>Policies that were switched off.</summary>
    public int DisabledPolicies { get; init; }

    /// <summary>Policies that are not in force although they should be, or without some of their hooks.</summary>
    public int FaultyPolicies { get; init; }

    /// <summary>Streams of clients.</summary>
    public int Clients { get; init; }

    /// <summary>The export file; null when there is none.</summary>
    public ExportFileStatus? ExportFile { get; init; }

    /// <summary>The recorder; null when there is none.</summary>
    public RecorderView? Recorder { get; init; }

    /// <summary>Events that the kernel let through because it cannot decide them, and that were no match.</summary>
    public long TakenBack { get; init; }

    /// <summary>Files and answers of container runtimes that were not what they should be.</summary>
    public long ContainerErrors { get; init; }

    /// <summary>Connections and calls that the API refused.</summary>
    public long Refused { get; init; }

    /// <summary>Everything that was lost.</summary>
    public long Lost => Losses.Sum(l => l.Events);
}
