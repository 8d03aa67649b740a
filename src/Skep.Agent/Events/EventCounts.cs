using Skep.Tetragon.Api;

namespace Skep.Agent.Events;

/// <summary>How many events there were, by type, and what became of them. Counted on the engine's thread; read there too.</summary>
sealed class EventCounts
{
    /// <summary>The types that there are.</summary>
    static readonly EventType[] s_types =
    [
        EventType.ProcessExec, EventType.ProcessExit, EventType.ProcessKprobe, EventType.ProcessTracepoint, EventType.ProcessUprobe, EventType.ProcessLsm, EventType.ProcessUsdt,
        EventType.ProcessLoader,
    ];

    readonly long[] _byType = new long[32];

    /// <summary>All events.</summary>
    public long Total { get; private set; }

    /// <summary>Events whose process is not known.</summary>
    public long UnknownProcesses { get; private set; }

    /// <summary>Events that clients lost because they did not take them.</summary>
    public long LostByClients { get; private set; }

    /// <summary>Events by type.</summary>
    public IEnumerable<(EventType Type, long Events)> ByType => s_types.Select(type => (type, _byType[(int)type]));

    public void Add(EventType type)
    {
        Total++;
        _byType[(int)type]++;
    }

    public void AddUnknownProcess() => UnknownProcesses++;

    public void AddClientLoss() => LostByClients++;
}
