using System.Runtime.InteropServices;
using Skep.Agent.Reactions;
using Skep.Engine.Processes;
using Skep.Engine.Recording;
using Skep.Engine.Records;
using Skep.Engine.Runtime;
using Skep.Falco;
using Skep.Tetragon.Api;
using Skep.Tetragon.Export;

namespace Skep.Agent.Events;

/// <summary>
/// Takes the engine's events, prints each once and hands it to all who listen. Sinks come and go on any thread; everything else happens on the
/// engine's.
/// </summary>
sealed class EventHub(SelfTest selfTest, ExportOptions options) : IEngineListener, IDisposable
{
    readonly ExportWriter _json = new(options);
    readonly WireForm _wire = new();
    readonly Lock _changes = new();
    readonly EventCounts _counts = new();
    readonly List<ProcessMatch> _others = [];
    volatile IEventSink[] _sinks = [];

    /// <summary>Prints events for people, beside the sinks.</summary>
    public CompactPrinter? Compact { get; init; }

    /// <summary>What rules want done for their events.</summary>
    public ReactionQueue Reactions { get; } = new();

    /// <summary>Keeps events on disk; null for none.</summary>
    public Recorder? Recorder { get; set; }

    /// <summary>Looks at events with Falco's rules; null when there are none.</summary>
    public FalcoDetector? Detector { get; set; }

    /// <summary>Where the detector's alerts go; null for nowhere.</summary>
    public AlertPrinter? Alerts { get; init; }

    /// <summary>Whether policies, other than the rules of <see cref="Detector"/>, choose which executions are events.</summary>
    public bool OthersChooseExecutions { get; set; }

    /// <summary>Events so far, and what became of them.</summary>
    public EventCounts Counts => _counts;

    /// <summary>How many clients listen.</summary>
    public int Clients => _sinks.Count(sink => sink is EventSubscription);

    public void Add(IEventSink sink)
    {
        lock (_changes) _sinks = [.. _sinks, sink];
    }

    public void Remove(IEventSink sink)
    {
        lock (_changes) _sinks = [.. _sinks.Where(s => s != sink)];
    }

    public void OnExec(ProcessInfo process, ulong time, uint tid, ReadOnlySpan<ProcessMatch> matches)
    {
        if (selfTest.IsOurs(process) || SelfTest.IsWantedByUsAlone(matches)) return;
        Detector?.OnExec(process, time, tid);
        if (!matches.IsEmpty && (matches = OfPolicies(matches)).IsEmpty && OthersChooseExecutions) return;
        _counts.Add(EventType.ProcessExec);
        Recorder?.OnExec(process, time, tid, matches);
        Compact?.OnExec(process, time, matches);
        if (_sinks is not { Length: > 0 } sinks) return;
        _json.WriteExec(process, time, matches);
        HandOut(sinks, EventType.ProcessExec, process, process.Id.Pid, "");
    }

    public void OnExit(ProcessInfo process, ulong time, uint tid, uint status, ReadOnlySpan<ProcessMatch> matches)
    {
        if (selfTest.IsOurs(process)) return;
        _counts.Add(EventType.ProcessExit);
        Detector?.OnExit(process, time, tid);
        Recorder?.OnExit(process, time, tid, status, matches);
        Compact?.OnExit(process, time, tid, status);
        if (_sinks is not { Length: > 0 } sinks) return;
        _json.WriteExit(process, tid, time, status, matches);
        HandOut(sinks, EventType.ProcessExit, process, process.Id.Pid, "");
    }

    public void OnHook(in HookEvent hookEvent)
    {
        if (hookEvent.Process is { } process && selfTest.IsOurs(process)) return;
        if (FalcoPlan.Owns(hookEvent.Request))
        {
            Detector?.TryTake(hookEvent);
            return;
        }
        var type = _json.TypeOf(hookEvent);
        _counts.Add(type);
        if (hookEvent.Process is null) _counts.AddUnknownProcess();
        Reactions.Add(hookEvent);
        Recorder?.OnHook(hookEvent);
        Compact?.OnHook(hookEvent);
        if (_sinks is not { Length: > 0 } sinks) return;
        _json.WriteHook(hookEvent);
        HandOut(sinks, type, hookEvent.Process, hookEvent.Record.Process.Pid, hookEvent.PolicyName);
    }

    public void OnMapping(in FileMapping mapping)
    {
        if (mapping.Process is { } process && selfTest.IsOurs(process)) return;
        _counts.Add(EventType.ProcessLoader);
        Compact?.OnMapping(mapping);
        if (_sinks is not { Length: > 0 } sinks) return;
        _json.WriteMapping(mapping);
        HandOut(sinks, EventType.ProcessLoader, mapping.Process, mapping.Pid, "");
    }

    /// <summary>Without the matches of Falco's rules, which look at all executions.</summary>
    ReadOnlySpan<ProcessMatch> OfPolicies(ReadOnlySpan<ProcessMatch> matches)
    {
        _others.Clear();
        foreach (var match in matches)
        {
            if (!FalcoPlan.Owns(match.Request)) _others.Add(match);
        }
        return CollectionsMarshal.AsSpan(_others);
    }

    public void OnBatch()
    {
        Compact?.OnBatch();
        Alerts?.OnBatch();
        foreach (var sink in _sinks) sink.OnBatch();
    }

    public void Dispose()
    {
        OnBatch();
        Reactions.Dispose();
    }

    void HandOut(IEventSink[] sinks, EventType type, ProcessInfo? process, uint pid, string policy)
    {
        var exported = new ExportedEvent { Type = type, Process = process, Pid = pid, PolicyName = policy, Line = _json.Written };
        _wire.Reset();
        foreach (var sink in sinks) sink.Write(exported, _wire);
        _json.Reset();
    }
}
