using Grpc.Core;
using Grpc.Net.Client;
using Skep.Agent;
using Skep.Cli.Run;
using Skep.Tetragon.Api;

namespace Skep.Cli.Client;

/// <summary>A connection to a running agent.</summary>
sealed class AgentClient : IDisposable
{
    readonly GrpcChannel _channel;
    readonly string _socket;

    AgentClient(string socket)
    {
        _socket = socket;
        var handler = UnixSocketHandler.To(socket);
        // Events come in bursts of this size: with a smaller window the agent would wait for us in the midst of one.
        handler.InitialHttp2StreamWindowSize = 1 << 20;
        _channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true, MaxReceiveMessageSize = null });
        Invoker = _channel.CreateCallInvoker();
        Sensors = new FineGuidanceSensors.FineGuidanceSensorsClient(Invoker);
        Agent = new Tetragon.Api.Agent.AgentClient(Invoker);
    }

    /// <summary>Tetragon's service.</summary>
    public FineGuidanceSensors.FineGuidanceSensorsClient Sensors { get; }

    /// <summary>Skep's own service.</summary>
    public Tetragon.Api.Agent.AgentClient Agent { get; }

    public CallInvoker Invoker { get; }

    /// <summary>Finds the agent; it is asked when something is wanted of it.</summary>
    /// <exception cref="UserException">The address is not one of a unix socket, or nothing is there.</exception>
    public static AgentClient Find(string address)
    {
        var socket = ServerAddresses.TryParseSocket(address) ?? throw new UserException($"'{address}' is not the address of a unix socket: write unix:PATH") { IsFinal = true };
        if (!File.Exists(socket)) throw new UserException($"no agent serves {socket}: start one with skep run, or say where it is with --server-address");
        return new AgentClient(socket);
    }

    /// <summary>What went wrong, for the user.</summary>
    public UserException Explain(RpcException error) => new(error.StatusCode switch
    {
        StatusCode.Unimplemented => $"the agent at {_socket} cannot do that: it is another version, or Tetragon",
        StatusCode.Unavailable or StatusCode.Internal when error.Status.DebugException is { } cause => $"the agent at {_socket} does not answer: {Innermost(cause).Message}",
        _ => error.Status.Detail,
    })
    {
        IsFinal = error.StatusCode is StatusCode.InvalidArgument or StatusCode.Unimplemented or StatusCode.PermissionDenied,
    };

    public void Dispose() => _channel.Dispose();

    static Exception Innermost(Exception error) => error.InnerException is { } inner ? Innermost(inner) : error;
}
