using System.Net;
using System.Net.Sockets;
using Shouldly;
using Skep.Testing;
using Xunit;

namespace Skep.Agent.KernelTests.Enforcement;

/// <summary>Events of a tracked socket are its owner's, in whatever process's time they come.</summary>
[Collection("this kernel")]
public sealed class SocketTrackingTests : IDisposable
{
    /// <summary>include/net/tcp_states.h.</summary>
    const int Established = 1, SynSent = 2, FinWait = 4;

    readonly TemporaryDirectory _directory = new();
    readonly TcpListener _server = new(IPAddress.Loopback, 0);
    readonly string _shell, _heir;

    public SocketTrackingTests()
    {
        (_shell, _heir) = (_directory.File("shell"), _directory.File("heir"));
        File.Copy("/bin/bash", _shell);
        File.Copy("/bin/sleep", _heir);
        _server.Start();
    }

    int Port => ((IPEndPoint)_server.LocalEndpoint).Port;

    [KernelFact]
    public void Later_events_of_a_socket_are_its_owners()
    {
        using var engine = RunningEngine.Of(PolicyText.Of("tracking", Tracepoint($"""
            - matchBinaries:
              - {"{"}operator: In, values: ["{_shell}"]{"}"}
              matchArgs:
              - {"{"}index: 2, operator: Equal, values: ["{SynSent}"]{"}"}
              matchActions: [{"{"}action: TrackSock, argSock: 0{"}"}]
            {Closing}
            """)));
        CloseByAnother();
        engine.Await(IsClosing).ShouldNotBeNull().ShouldContain($"\"binary\":\"{_shell}\"");
    }

    [KernelFact]
    public void Events_of_a_socket_that_is_tracked_no_more_are_those_of_who_is_there()
    {
        using var engine = RunningEngine.Of(PolicyText.Of("tracking", Tracepoint($"""
            - matchBinaries:
              - {"{"}operator: In, values: ["{_shell}"]{"}"}
              matchArgs:
              - {"{"}index: 2, operator: Equal, values: ["{SynSent}"]{"}"}
              matchActions: [{"{"}action: TrackSock, argSock: 0{"}"}]
            - matchArgs:
              - {"{"}index: 0, operator: DPort, values: ["{Port}"]{"}"}
              - {"{"}index: 2, operator: Equal, values: ["{Established}"]{"}"}
              matchActions: [{"{"}action: UntrackSock, argSock: 0{"}"}]
            {Closing}
            """)));
        CloseByAnother();
        engine.Await(IsClosing).ShouldNotBeNull().ShouldContain($"\"binary\":\"{_heir}\"");
    }

    [KernelFact(KernelFeature.Trampoline)]
    public void Socket_that_a_function_returned_is_its_process_own()
    {
        using var engine = RunningEngine.Of(PolicyText.Of("tracking", $"""
            kprobes:
            - call: sk_alloc
              syscall: false
              return: true
              args:
              - {"{"}index: 1, type: int{"}"}
              returnArg: {"{"}index: 0, type: sock{"}"}
              returnArgAction: TrackSock
              selectors:
              - matchBinaries:
                - {"{"}operator: In, values: ["{_shell}"]{"}"}
                matchArgs:
                - {"{"}index: 1, operator: Equal, values: ["2"]{"}"}
            {Tracepoint(Closing)}
            """));
        CloseByAnother();
        engine.Await(IsClosing).ShouldNotBeNull().ShouldContain($"\"binary\":\"{_shell}\"");
    }

    public void Dispose()
    {
        _server.Dispose();
        _directory.Dispose();
    }

    string Closing => $"""
        - matchArgs:
          - {"{"}index: 0, operator: DPort, values: ["{Port}"]{"}"}
          - {"{"}index: 2, operator: Equal, values: ["{FinWait}"]{"}"}
        """;

    static string Tracepoint(string selectors) => $"""
        tracepoints:
        - subsystem: sock
          event: inet_sock_set_state
          raw: true
          args:
          - {"{"}index: 0, type: sock{"}"}
          - {"{"}index: 2, type: int{"}"}
          selectors:
        {string.Join('\n', selectors.Split('\n').Select(line => "  " + line))}
        """;

    static bool IsClosing(string line) => line.Contains($"{{\"int_arg\":{FinWait}}}", StringComparison.Ordinal);

    /// <summary>A shell connects and ends; a program that it left behind has the socket until it ends, too.</summary>
    void CloseByAnother()
    {
        ChildProcess.Run(_shell, "-c", $"exec 3<>/dev/tcp/127.0.0.1/{Port}; {_heir} 0.3 </dev/null >/dev/null 2>&1 &").Status.ShouldBe(0);
        using var peer = _server.AcceptTcpClient();
        peer.GetStream().ReadByte().ShouldBe(-1);
    }
}
