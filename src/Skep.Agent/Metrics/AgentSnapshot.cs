using Skep.Agent.Health;
using Skep.Agent.Policies;
using Skep.Engine.Runtime;
using Skep.Tetragon.Api;

namespace Skep.Agent.Metrics;

/// <summary>What metrics are made of, at one time.</summary>
sealed record AgentSnapshot
{
    public required AgentStatus Status { get; init; }

    public required EngineStatistics Engine { get; init; }

    public required IReadOnlyList<(EventType Type, long Events)> EventsByType { get; init; }

    public long UnknownProcesses { get; init; }

    public required IReadOnlyList<StoredPolicy> Policies { get; init; }

    public required IReadOnlyList<MapUse> Tables { get; init; }

    public long Processes { get; init; }

    public long EvictedProcesses { get; init; }

    public long ProcessLimitBytes { get; init; }
}
