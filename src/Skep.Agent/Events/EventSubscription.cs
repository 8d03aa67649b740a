using Skep.Tetragon.Api;
using Skep.Tetragon.Export;
using Skep.Tetragon.Filters;

namespace Skep.Agent.Events;

/// <summary>A client's stream of events. Losses are told in the stream, as <c>rate_limit_info</c>, at the place where they happened.</summary>
sealed class EventSubscription : IEventSink, IDisposable
{
    readonly EventHub _hub;
    readonly EventQueue _queue;
    readonly EventSelection _selection;
    readonly EventTranscoder _transcoder = new();
    readonly EventAggregator.LineSink _add;

    /// <summary>A stream that starts with <see cref="Start"/>.</summary>
    /// <exception cref="FilterException">The request's filters have an error.</exception>
    public EventSubscription(EventHub hub, GetEventsRequest request, ExportOptions export, int capacity)
    {
        _hub = hub;
        _add = line => Count(_queue!.Add(_transcoder.Encode(line)));
        _selection = new EventSelection(request.AllowList, request.DenyList, request.FieldFilters, request.AggregationOptions, export);
        _queue = new EventQueue(capacity, lost => LossNotice.Encoded(export.NodeName, lost));
    }

    /// <summary>Events that this client lost.</summary>
    public long Lost => _queue.Lost;

    public void Start() => _hub.Add(this);

    public void Write(in ExportedEvent exported, WireForm wire)
    {
        if (!_selection.Wants(exported)) return;
        if (_selection.KeepsLines) Count(_queue.Add(wire.Of(exported)));
        else _selection.Write(exported, _add);
    }

    public void OnBatch()
    {
        _selection.Flush(_add);
        // Also when no event follows.
        _queue.TellLoss();
        _queue.Signal();
    }

    public Task WaitAsync(CancellationToken cancellation) => _queue.WaitAsync(cancellation);

    public EventBatch Take() => _queue.Take();

    public void Dispose() => _hub.Remove(this);

    void Count(bool isAdded)
    {
        if (!isAdded) _hub.Counts.AddClientLoss();
    }
}
