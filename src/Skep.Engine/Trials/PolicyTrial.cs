using Skep.Engine.Processes;
using Skep.Engine.Recording;
using Skep.Engine.Records;
using Skep.Engine.Rules;

namespace Skep.Engine.Trials;

/// <summary>
/// Judges recorded events by policies that were not in force: what would they have done? Only what was observed can be judged, each event by itself: what a process did after
/// it would have been killed is judged too.
/// </summary>
public sealed class PolicyTrial : IRecordingListener
{
    const string NodeSetting = "node";

    readonly RecordingRange _range;
    readonly RecordingReader _reader;
    readonly List<TrialHook> _hooks = [];
    readonly Dictionary<string, List<TrialHook>> _byName = new(StringComparer.Ordinal);
    readonly Dictionary<HookRequest, List<TrialHook>?> _byRequest = new(ReferenceEqualityComparer.Instance);
    readonly Dictionary<(uint Generation, string Hook), ushort> _programs = [];
    readonly List<(HookRequest Request, byte[] Places)> _recorded = [];
    byte[] _record = [];
    int _recordLength;
    ProcessInfo? _process;
    IReadOnlyList<ObservedHook> _observed = [];
    long _observedFrom = long.MinValue;

    PolicyTrial(IEnumerable<Policy> policies, RecordingRange range, IHookTagCodec? tags)
    {
        _range = range;
        _reader = new RecordingReader(this, tags);
        foreach (var policy in policies)
        {
            foreach (var request in policy.Hooks)
            {
                var hook = new TrialHook(policy, request);
                _hooks.Add(hook);
                if (!_byName.TryGetValue(hook.Hook, out var alike)) _byName.Add(hook.Hook, alike = []);
                alike.Add(hook);
            }
        }
    }

    /// <summary>The hooks of all policies, in their order.</summary>
    public IReadOnlyList<TrialHook> Hooks => _hooks;

    /// <summary>Recorded events of that time, whatever they are of.</summary>
    public long Events { get; private set; }

    /// <summary>Executions among them.</summary>
    public long Executions { get; private set; }

    /// <summary>Start and end of what the recording has of that time, nanoseconds since 1970; null when it has nothing.</summary>
    public (long First, long Last)? Times { get; private set; }

    /// <summary>Events of that time that the recording lacks, as it says itself.</summary>
    public RecordedLoss Lost { get; private set; }

    /// <summary>What of the recording is damaged.</summary>
    public IReadOnlyList<string> Faults => _reader.Faults;

    /// <summary>Entries that make no sense, or refer to what a damaged part told.</summary>
    public long Malformed => _reader.Malformed;

    /// <summary>Tries policies.</summary>
    /// <param name="policies">The policies.</param>
    /// <param name="files">The recording, its oldest part first.</param>
    /// <param name="range">Which events.</param>
    /// <param name="isLive">Whether an agent is still recording.</param>
    /// <param name="tags">Reads what dialects noted about hooks; null to go without.</param>
    /// <exception cref="Matching.PatternSyntaxException">A policy's pattern is wrong.</exception>
    public static PolicyTrial Run(IEnumerable<Policy> policies, IEnumerable<string> files, RecordingRange range, bool isLive, IHookTagCodec? tags = null)
    {
        ArgumentNullException.ThrowIfNull(policies);
        var trial = new PolicyTrial(policies, range, tags);
        trial._reader.Read(files, range);
        trial.Flush();
        trial._reader.End(isLive);
        return trial;
    }

    /// <inheritdoc/>
    public void OnExec(ProcessInfo process, ulong time, uint tid, ReadOnlySpan<ProcessMatch> matches)
    {
        Executions++;
        OnProcess(process, time, tid, 0, isExit: false);
    }

    /// <inheritdoc/>
    public void OnExit(ProcessInfo process, ulong time, uint tid, uint status, ReadOnlySpan<ProcessMatch> matches) => OnProcess(process, time, tid, status, isExit: true);

    /// <inheritdoc/>
    public void OnHook(in HookEvent hookEvent)
    {
        var record = hookEvent.Record;
        // Several policies may have had one event recorded, each with other values of it.
        if (!IsPending(record)) Flush();
        if (_recordLength == 0)
        {
            Count(_reader.Clock.UnixNanoseconds(record.Time));
            if (_record.Length < record.Bytes.Length) _record = new byte[record.Bytes.Length * 2];
            record.Bytes.CopyTo(_record);
            (_recordLength, _process) = (record.Bytes.Length, hookEvent.Process);
        }
        if (HooksOf(hookEvent.Request) is not { } hooks) return;
        if (!_programs.TryAdd((record.Generation, hooks[0].Hook), record.Hook) && _programs[(record.Generation, hooks[0].Hook)] != record.Hook)
        {
            foreach (var hook in hooks) hook.Note("several programs observed this hook: an event that two of them saw counts twice");
        }
        _recorded.Add((hookEvent.Request, hookEvent.Places.ToArray()));
    }

    /// <inheritdoc/>
    public void OnBatch() => Flush();

    /// <inheritdoc/>
    public void OnCoverage(long time, IReadOnlyList<ObservedHook> hooks)
    {
        var (from, until) = (Math.Max(_observedFrom, _range.From), Math.Min(time, _range.Until));
        if (_observedFrom != long.MinValue && until > from)
        {
            if (_observed.Count > 0) Extend(from, until);
            foreach (var observed in _observed)
            {
                foreach (var hook in _byName.GetValueOrDefault(observed.Hook) ?? []) hook.Cover(until - from, observed);
            }
        }
        (_observed, _observedFrom) = (hooks, time);
    }

    /// <inheritdoc/>
    public void OnLoss(long time, RecordedLoss loss) => Lost = new RecordedLoss(Lost.Kernel + loss.Kernel, Lost.Recorder + loss.Recorder);

    void OnProcess(ProcessInfo process, ulong time, uint tid, uint status, bool isExit)
    {
        Flush();
        var unix = _reader.Clock.UnixNanoseconds(time);
        Count(unix);
        foreach (var hook in _hooks)
        {
            if (hook.IsOfProcess && hook.IsExit == isExit) hook.Judge(process, time, tid, status, unix, Node);
        }
    }

    string Node => _reader.Header?.Settings.GetValueOrDefault(NodeSetting) ?? "";

    void Count(long unix)
    {
        Events++;
        Extend(unix, unix);
    }

    void Extend(long first, long last) => Times = Times is { } times ? (Math.Min(times.First, first), Math.Max(times.Last, last)) : (first, last);

    bool IsPending(in HookRecord record) => _recordLength > 0 && record.Bytes.SequenceEqual(_record.AsSpan(0, _recordLength));

    List<TrialHook>? HooksOf(HookRequest recorded)
    {
        if (_byRequest.TryGetValue(recorded, out var hooks)) return hooks;
        hooks = _byName.GetValueOrDefault(recorded.Target.ToString()!);
        return _byRequest[recorded] = hooks;
    }

    void Flush()
    {
        if (_recordLength == 0) return;
        if (_recorded.Count > 0 && HookRecord.TryRead(_record.AsSpan(0, _recordLength), out var record))
        {
            foreach (var hook in HooksOf(_recorded[0].Request)!) hook.Judge(record, _recorded, _process, _reader.Clock.UnixNanoseconds(record.Time), Node);
        }
        _recordLength = 0;
        _recorded.Clear();
    }
}
