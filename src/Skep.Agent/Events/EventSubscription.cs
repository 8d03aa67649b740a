using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Skep.Tetragon.Api;
using Skep.Tetragon.Export;

namespace Skep.Agent.Events;

/// <summary>A client's stream of events. Losses are told in it, as <c>rate_limit_info</c>, at the place where they happened.</summary>
sealed class EventSubscription(EventHub hub, string nodeName, int capacity) : IEventSink, IDisposable
{
    readonly EventQueue _queue = new(capacity);
    long _told;

    /// <summary>Events that this client lost.</summary>
    public long Lost => _queue.Lost;

    /// <summary>Starts the stream.</summary>
    public void Start() => hub.Add(this);

    public void Write(in ExportedEvent exported, WireForm wire)
    {
        if ((_queue.Lost != _told && !TellLoss()) || !_queue.TryAdd(wire.Of(exported))) _queue.CountLoss();
    }

    public void OnBatch() => _queue.Signal();

    public ValueTask WaitAsync(CancellationToken cancellation) => _queue.WaitAsync(cancellation);

    public EventBatch Take() => _queue.Take();

    public void Dispose() => hub.Remove(this);

    bool TellLoss()
    {
        var lost = _queue.Lost;
        var told = new GetEventsResponse
        {
            RateLimitInfo = new RateLimitInfo { NumberOfDroppedProcessEvents = (ulong)(lost - _told) },
            NodeName = nodeName,
            Time = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow),
        };
        if (!_queue.TryAdd(told.ToByteArray())) return false;
        _told = lost;
        return true;
    }
}
