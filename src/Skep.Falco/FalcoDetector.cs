using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Falco.Calls;
using Skep.Falco.Events;
using Skep.Falco.Fields;
using Skep.Falco.Output;

namespace Skep.Falco;

/// <summary>Looks at events with rules in user space and writes alerts: what the kernel sent is what may match. On the engine's thread.</summary>
public sealed class FalcoDetector
{
    static readonly EventInfo s_execve = Kind("execve"), s_exit = Kind("procexit");

    readonly FalcoMatcher _matcher;
    readonly FalcoEvent _event;
    readonly AlertWriter _writer;
    readonly AlertSink _sink;
    readonly bool _isJson;
    readonly List<FalcoRule> _matches = [];
    readonly AlertLimits _limits = new();

    /// <summary>Gets an alert's line, without the line break.</summary>
    public delegate void AlertSink(FalcoRule rule, ReadOnlySpan<byte> line);

    /// <summary>Makes a detector.</summary>
    /// <param name="rules">The rules in order.</param>
    /// <param name="options">What alerts look like.</param>
    /// <param name="isJson">Whether they are JSON.</param>
    /// <param name="matchesAll">Whether all rules that match count, or only the first.</param>
    /// <param name="clock">Turns the kernel's times into the time of day.</param>
    /// <param name="sink">Where they go.</param>
    public FalcoDetector(IEnumerable<FalcoRule> rules, AlertOptions options, bool isJson, bool matchesAll, BootClock clock, AlertSink sink)
    {
        ArgumentNullException.ThrowIfNull(options);
        _matcher = new FalcoMatcher(rules, matchesAll);
        _event = new FalcoEvent(clock, new UserNames(), options.Hostname);
        _writer = new AlertWriter(options);
        (_isJson, _sink) = (isJson, sink);
    }

    /// <summary>Events that rules were asked about.</summary>
    public long Events { get; private set; }

    /// <summary>Alerts so far.</summary>
    public long Alerts { get; private set; }

    /// <summary>Matches that rules' windows and throttles held back.</summary>
    public long HeldBack => _limits.HeldBack;

    /// <summary>Looks at an execution.</summary>
    public void OnExec(ProcessInfo process, ulong time, uint tid)
    {
        _event.Set(s_execve, process, tid, time);
        Look();
    }

    /// <summary>Looks at an exit.</summary>
    public void OnExit(ProcessInfo process, ulong time, uint tid)
    {
        _event.Set(s_exit, process, tid, time);
        Look();
    }

    /// <summary>Looks at a system call; false when the event is of another dialect.</summary>
    public bool TryTake(in HookEvent hookEvent)
    {
        if (hookEvent.Request.Tag is not CallValues values) return false;
        _event.Set(values, hookEvent);
        Look();
        return true;
    }

    void Look()
    {
        Events++;
        _matches.Clear();
        _matcher.Match(_event, _matches);
        foreach (var rule in _matches)
        {
            if (!_limits.Lets(rule, _event, _event.Time)) continue;
            Alerts++;
            _sink(rule, _isJson ? _writer.WriteJson(rule, _event, _matcher.Scratch) : _writer.WriteText(rule, _event, _matcher.Scratch));
        }
    }

    static EventInfo Kind(string name) => EventCatalogue.TryGet(name, out var kind) ? kind : throw new InvalidOperationException(name);
}
