using System.Buffers;
using Google.Protobuf;
using Grpc.Core;
using Skep.Tetragon.Api;

namespace Skep.Cli.Client;

/// <summary>A stream of events as they came over the wire: what is printed as JSON need not become messages first.</summary>
sealed class EventStream : IDisposable
{
    readonly AsyncServerStreamingCall<WireEvent> _call;
    Task<bool>? _first;

    EventStream(AsyncServerStreamingCall<WireEvent> call) => _call = call;

    /// <summary>Starts a stream; it returns once the agent serves it.</summary>
    public static async Task<EventStream> Open(AgentClient client, GetEventsRequest request, CancellationToken cancellation)
    {
        var received = new WireEvent();
        var method = new Method<GetEventsRequest, WireEvent>(MethodType.ServerStreaming, FineGuidanceSensors.Descriptor.FullName, nameof(FineGuidanceSensors.FineGuidanceSensorsClient.GetEvents),
            Marshallers.Create<GetEventsRequest>((message, context) =>
            {
                context.SetPayloadLength(message.CalculateSize());
                message.WriteTo(context.GetBufferWriter());
                context.Complete();
            }, _ => throw new NotSupportedException("requests are sent, not received")),
            Marshallers.Create<WireEvent>((_, _) => throw new NotSupportedException("events are received, not sent"), context =>
            {
                received.Fill(context.PayloadAsReadOnlySequence());
                return received;
            }));
        var call = client.Invoker.AsyncServerStreamingCall(method, null, new CallOptions(cancellationToken: cancellation), request);
        try
        {
            var headers = await call.ResponseHeadersAsync;
            var stream = new EventStream(call);
            if (headers.Get(StreamHeader.Name) is null)
            {
                // A refusal, or another server: that it serves the stream shows in the first event.
                stream._first = call.ResponseStream.MoveNext(cancellation);
                await stream._first;
            }
            return stream;
        }
        catch
        {
            call.Dispose();
            throw;
        }
    }

    /// <summary>The present event; valid until the next one is asked for.</summary>
    public ReadOnlySpan<byte> Current => _call.ResponseStream.Current.Bytes;

    /// <summary>Waits for the next event; false at the end of the stream.</summary>
    public Task<bool> MoveNext(CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref _first, null) is { } first) return first;
        return _call.ResponseStream.MoveNext(cancellation);
    }

    public void Dispose() => _call.Dispose();

    /// <summary>One for a whole stream: an event is read before the next one comes.</summary>
    sealed class WireEvent
    {
        byte[] _bytes = new byte[1 << 12];
        int _length;

        public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

        public void Fill(ReadOnlySequence<byte> payload)
        {
            _length = (int)payload.Length;
            if (_bytes.Length < _length) _bytes = new byte[_length * 2];
            payload.CopyTo(_bytes);
        }
    }
}
