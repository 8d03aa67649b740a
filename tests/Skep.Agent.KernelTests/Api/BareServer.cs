using System.Net.Sockets;
using Skep.Agent.Api;
using Skep.Agent.Containers;
using Skep.Agent.Events;
using Skep.Agent.Health;
using Skep.Agent.KernelTests.Enforcement;
using Skep.Cli.Client;
using Skep.Tetragon.Export;

namespace Skep.Agent.KernelTests.Api;

/// <summary>The API's server in this process, of an agent that does not run: nothing of it needs the kernel.</summary>
sealed class BareServer : IDisposable
{
    readonly TemporaryDirectory _directory = new();
    readonly StringWriter _messages = new();
    readonly ApiServer _server;

    public BareServer(Func<ApiOptions, ApiOptions>? change = null, ExportFileSink? exportFile = null)
    {
        var options = new ApiOptions { Socket = _directory.File("skep.sock") };
        options = change?.Invoke(options) ?? options;
        var (selfTest, export) = (new SelfTest(), new ExportOptions());
        Calls = new EngineCalls();
        var (agent, hub) = (new AgentOptions { Api = options }, new EventHub(selfTest, export));
        Control = new AgentControl(Calls, hub, selfTest, agent, export, null) { Health = new AgentHealth(agent, hub, null, exportFile, null, new RuntimeSockets([], _ => { })), ExportFile = exportFile };
        _server = ApiServer.Start(options, Control, new MessageLog(_messages))!;
        Socket = options.Socket!;
    }

    public string Socket { get; }

    public EngineCalls Calls { get; }

    public AgentControl Control { get; }

    public ApiCounters Counters => Control.Api;

    public string Messages => _messages.ToString();

    public AgentClient Client() => AgentClient.Find($"unix:{Socket}");

    public Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 20_000 };
        socket.Connect(new UnixDomainSocketEndPoint(Socket));
        return socket;
    }

    public void Dispose()
    {
        _server.Dispose();
        _directory.Dispose();
        _messages.Dispose();
    }
}
