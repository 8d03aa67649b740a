using System.Diagnostics;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Skep.Tetragon.Api;
using Skep.Tetragon.Export;
using Skep.Tetragon.Filters;

namespace Skep.Agent.Events;

/// <summary>
/// A client's stream of events: those that its filters let through, without the members that it does not want, equal ones as one if it wants that.
/// Losses are told in the stream, as <c>rate_limit_info</c>, at the place where they happened.
/// </summary>
sealed class EventSubscription : IEventSink, IDisposable
{
    readonly EventHub _hub;
    readonly string _nodeName;
    readonly EventQueue _queue;
    readonly EventFilter? _filter;
    readonly FieldFilters? _fields;
    readonly EventAggregator? _aggregator;
    readonly EventTranscoder _transcoder = new();
    readonly EventAggregator.LineSink _add;
    long _told;

    /// <summary>A stream that starts with <see cref="Start"/>.</summary>
    /// <exception cref="FilterException">The request's filters have an error.</exception>
    public EventSubscription(EventHub hub, GetEventsRequest request, ExportOptions export, int capacity)
    {
        (_hub, _nodeName, _queue, _add) = (hub, export.NodeName, new EventQueue(capacity), Add);
        if (request.AllowList.Count + request.DenyList.Count > 0) _filter = EventFilter.Compile(request.AllowList, request.DenyList, export);
        if (request.FieldFilters.Count > 0) _fields = FieldFilters.Compile(request.FieldFilters);
        if (request.AggregationOptions is { } aggregation) _aggregator = new EventAggregator(aggregation);
    }

    /// <summary>Events that this client lost.</summary>
    public long Lost => _queue.Lost;

    public void Start() => _hub.Add(this);

    public void Write(in ExportedEvent exported, WireForm wire)
    {
        if (_filter is not null && !_filter.Matches(exported)) return;
        if (_fields is null && _aggregator is null)
        {
            Enqueue(wire.Of(exported));
            return;
        }
        var line = _fields is null ? exported.Line : _fields.Apply(exported.Type, exported.Line);
        if (_aggregator is null) Add(line);
        else _aggregator.Add(exported.Type, line, Stopwatch.GetElapsedTime(0), _add);
    }

    public void OnBatch()
    {
        _aggregator?.Flush(Stopwatch.GetElapsedTime(0), _add);
        // Also when no event follows.
        if (_queue.Lost != _told) TellLoss();
        _queue.Signal();
    }

    public ValueTask WaitAsync(CancellationToken cancellation) => _queue.WaitAsync(cancellation);

    public EventBatch Take() => _queue.Take();

    public void Dispose() => _hub.Remove(this);

    void Add(ReadOnlySpan<byte> line) => Enqueue(_transcoder.Encode(line));

    void Enqueue(ReadOnlySpan<byte> bytes)
    {
        if ((_queue.Lost != _told && !TellLoss()) || !_queue.TryAdd(bytes)) _queue.CountLoss();
    }

    bool TellLoss()
    {
        var lost = _queue.Lost;
        var told = new GetEventsResponse
        {
            RateLimitInfo = new RateLimitInfo { NumberOfDroppedProcessEvents = (ulong)(lost - _told) },
            NodeName = _nodeName,
            Time = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow),
        };
        if (!_queue.TryAdd(told.ToByteArray())) return false;
        _told = lost;
        return true;
    }
}
