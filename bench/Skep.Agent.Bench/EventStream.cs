using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Skep.Tetragon.Api;

namespace Skep.Agent.Bench;

/// <summary>A client's stream of this benchmark's events. It does not decode them: twenty clients on the same machine would measure themselves.</summary>
sealed class EventStream : IDisposable
{
    const byte KprobeTag = (9 << 3) | 2; // GetEventsResponse.process_kprobe

    static readonly Method<GetEventsRequest, byte[]> s_method = new(MethodType.ServerStreaming, FineGuidanceSensors.Descriptor.FullName, "GetEvents",
        Marshallers.Create(request => request.ToByteArray(), GetEventsRequest.Parser.ParseFrom), Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes));

    readonly GrpcChannel _channel;
    readonly AsyncServerStreamingCall<byte[]> _call;
    long _received, _lost;

    EventStream(GrpcChannel channel, AsyncServerStreamingCall<byte[]> call) => (_channel, _call) = (channel, call);

    public long Received => Interlocked.Read(ref _received);

    /// <summary>What the agent says was lost to this client.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    public static async Task<EventStream> Open(string socket)
    {
        var handler = new SocketsHttpHandler
        {
            InitialHttp2StreamWindowSize = 4 << 20,
            ConnectCallback = async (_, cancellation) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellation);
                return new NetworkStream(connection, ownsSocket: true);
            },
        };
        var channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        var call = channel.CreateCallInvoker().AsyncServerStreamingCall(s_method, null, new CallOptions(), new GetEventsRequest { AllowList = { new Filter { PolicyNames = { "bench" } } } });
        await call.ResponseHeadersAsync;
        return new EventStream(channel, call);
    }

    /// <summary>Counts events until the stream is closed.</summary>
    public async Task Count()
    {
        try
        {
            while (await Next() is not null)
            {
            }
        }
        catch (RpcException error) when (error.StatusCode is StatusCode.Cancelled or StatusCode.Unavailable)
        {
            // It is over.
        }
    }

    /// <summary>The next event's bytes; null at the end.</summary>
    public async Task<byte[]?> Next()
    {
        while (await _call.ResponseStream.MoveNext(CancellationToken.None))
        {
            var bytes = _call.ResponseStream.Current;
            if (bytes[0] == KprobeTag)
            {
                Interlocked.Increment(ref _received);
                return bytes;
            }
            Interlocked.Add(ref _lost, (long)GetEventsResponse.Parser.ParseFrom(bytes).RateLimitInfo.NumberOfDroppedProcessEvents);
        }
        return null;
    }

    public void Dispose()
    {
        _call.Dispose();
        _channel.Dispose();
    }
}
