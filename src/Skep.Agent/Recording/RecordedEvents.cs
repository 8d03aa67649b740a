using Skep.Engine.Processes;
using Skep.Engine.Recording;
using Skep.Engine.Records;
using Skep.Tetragon.Api;
using Skep.Tetragon.Export;
using Skep.Tetragon.Filters;
using Skep.Tetragon.Policies;

namespace Skep.Agent.Recording;

/// <summary>Prints recorded events as they were printed live, through the filters of a request.</summary>
public sealed class RecordedEvents : IRecordingListener
{
    readonly GetEventsRequest _request;
    readonly LineSink _take;
    readonly EventAggregator.LineSink _add;
    readonly RecordingReader _reader;
    readonly FieldFilters? _fields;
    readonly EventAggregator? _aggregator;
    ExportWriter _json;
    EventFilter? _filter;
    RecordingHeader? _printed;
    long _time;

    /// <summary>Prepares to print.</summary>
    /// <param name="request">The filters.</param>
    /// <param name="take">Gets each event.</param>
    /// <exception cref="FilterException">The request's filters have an error.</exception>
    public RecordedEvents(GetEventsRequest request, LineSink take)
    {
        ArgumentNullException.ThrowIfNull(request);
        (_request, _take, _add) = (request, take, line => take(line));
        _reader = new RecordingReader(this, HookTagCodec.Instance) { OnSegment = OnSegment };
        _json = new ExportWriter(new ExportOptions { Clock = _reader.Clock });
        if (request.FieldFilters.Count > 0) _fields = FieldFilters.Compile(request.FieldFilters);
        if (request.AggregationOptions is { } aggregation) _aggregator = new EventAggregator(aggregation);
        // Errors are told before anything is read.
        if (HasFilters) EventFilter.Compile(request.AllowList, request.DenyList);
    }

    /// <summary>Gets an event's export JSON with the newline at its end; valid during the call.</summary>
    public delegate void LineSink(ReadOnlySpan<byte> line);

    /// <summary>What is damaged.</summary>
    public IReadOnlyList<string> Faults => _reader.Faults;

    /// <summary>Entries that make no sense, or refer to what a damaged part told.</summary>
    public long Malformed => _reader.Malformed;

    /// <summary>Events that the recording lacks, as it says itself.</summary>
    public RecordedLoss Lost { get; private set; }

    /// <summary>Reads files, the oldest first.</summary>
    public void Read(IEnumerable<string> files, RecordingRange range)
    {
        _reader.Read(files, range);
        _aggregator?.FlushAll(_add);
    }

    /// <inheritdoc/>
    public void OnExec(ProcessInfo process, ulong time, uint tid, ReadOnlySpan<ProcessMatch> matches)
    {
        ArgumentNullException.ThrowIfNull(process);
        _json.WriteExec(process, time, matches);
        HandOut(EventType.ProcessExec, process, process.Id.Pid, "", time);
    }

    /// <inheritdoc/>
    public void OnExit(ProcessInfo process, ulong time, uint tid, uint status, ReadOnlySpan<ProcessMatch> matches)
    {
        ArgumentNullException.ThrowIfNull(process);
        _json.WriteExit(process, tid, time, status, matches);
        HandOut(EventType.ProcessExit, process, process.Id.Pid, "", time);
    }

    /// <inheritdoc/>
    public void OnHook(in HookEvent hookEvent)
    {
        var type = _json.WriteHook(hookEvent);
        HandOut(type, hookEvent.Process, hookEvent.Record.Process.Pid, hookEvent.PolicyName, hookEvent.Record.Time);
    }

    /// <inheritdoc/>
    public void OnBatch()
    {
    }

    /// <inheritdoc/>
    public void OnCoverage(long time, IReadOnlyList<ObservedHook> hooks)
    {
    }

    /// <inheritdoc/>
    public void OnLoss(long time, RecordedLoss loss) => Lost = new RecordedLoss(Lost.Kernel + loss.Kernel, Lost.Recorder + loss.Recorder);

    bool HasFilters => _request.AllowList.Count + _request.DenyList.Count > 0;

    void OnSegment(RecordingHeader header)
    {
        // The writer knows hooks and processes by what they are, not by their numbers.
        if (_printed is { } before && before.Session == header.Session) return;
        _printed = header;
        var export = EventRecording.ExportOf(header, _reader.Clock);
        _json = new ExportWriter(export);
        _filter = HasFilters ? EventFilter.Compile(_request.AllowList, _request.DenyList, export) : null;
    }

    void HandOut(EventType type, ProcessInfo? process, uint pid, string policy, ulong time)
    {
        var exported = new ExportedEvent { Type = type, Process = process, Pid = pid, PolicyName = policy, Line = _json.Written };
        if (_filter is null || _filter.Matches(exported))
        {
            var line = _fields is null ? exported.Line : _fields.Apply(type, exported.Line);
            // Windows go by the events' own clock, which does not go back.
            _time = Math.Max(_time, _reader.Clock.UnixNanoseconds(time));
            if (_aggregator is null) _take(line);
            else _aggregator.Add(type, line, TimeSpan.FromTicks(_time / 100), _add);
        }
        _json.Reset();
    }
}
