using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Bpf.Interop;
using Skep.Testing;

namespace Skep.Bpf.KernelTests.Links;

public class SocketLinkTests
{
    const int DropVerdict = 0, PassVerdict = 1;

    [KernelFact(KernelFeature.NetNs)]
    public void Sk_lookup_refuses_connections_to_a_namespace()
    {
        using var network = new TestNetwork();
        using var counting = new CountingProgram(ProgramType.SkLookup, AttachType.SkLookup, DropVerdict);
        network.Run(() =>
        {
            using (var link = NetnsLink.Attach(counting.Program))
            {
                TestSockets.ErrnoOf(() =>
                {
                    var (client, server) = TestSockets.Pair();
                    client.Dispose();
                    server.Dispose();
                }).ShouldBe(111);
                link.GetInfo().ShouldBeOfType<NetnsLinkInfo>().AttachType.ShouldBe(AttachType.SkLookup);
            }
            var (again, other) = TestSockets.Pair();
            again.Dispose();
            other.Dispose();
        });
        counting.Runs.ShouldBeGreaterThan(0UL);
    }

    [KernelFact(KernelFeature.NetNs)]
    public void Sk_lookup_attaches_to_a_namespace_by_path_and_is_updated()
    {
        using var network = new TestNetwork();
        using var dropping = new CountingProgram(ProgramType.SkLookup, AttachType.SkLookup, DropVerdict);
        using var passing = new CountingProgram(ProgramType.SkLookup, AttachType.SkLookup, PassVerdict);
        using var link = NetnsLink.Attach(dropping.Program, network.Path);
        link.Update(passing.Program);
        network.Run(() => TestSockets.Datagram()).Received.ShouldBeTrue();
        passing.Runs.ShouldBeGreaterThan(0UL);
        dropping.Runs.ShouldBe(0UL);
    }

    [KernelFact]
    public void Socket_filter_drops_what_one_socket_receives()
    {
        using var counting = new CountingProgram(ProgramType.SocketFilter, verdict: 0);
        using var receiver = TestSockets.Receiver();
        using (SocketFilterLink.Attach(counting.Program, receiver))
        {
            TestSockets.Send(receiver).ShouldBe((true, false));
        }
        TestSockets.Send(receiver).ShouldBe((true, true));
        counting.Runs.ShouldBe(1UL);
    }

    [KernelFact]
    public void Reuseport_program_chooses_the_socket_of_a_group()
    {
        using var sockets = BpfMap.Create(new MapSpec { Name = "group", Type = MapType.ReuseportSockArray, KeySize = 4, ValueSize = 8, MaxEntries = 2 });
        using var counting = new CountingProgram(ProgramType.SkReuseport, AttachType.SkReuseportSelect, PassVerdict, code => code
            .Store(AccessSize.Word, Register.R10, -4, 1)
            .Move(Register.R1, Register.R6).LoadMap(Register.R2, sockets).Move(Register.R3, Register.R10).Add(Register.R3, -4).Move(Register.R4, 0)
            .Call(HelperFunction.SkSelectReuseport));
        using var first = Member(port: 0);
        using var second = Member(((IPEndPoint)first.LocalEndPoint!).Port);
        Put(sockets, 0, first);
        Put(sockets, 1, second);
        using (SocketFilterLink.AttachToGroup(counting.Program, first))
        {
            for (var i = 0; i < 8; i++)
            {
                using var sender = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                sender.SendTo("x"u8, first.LocalEndPoint!);
                TestSockets.Receives(second).ShouldBeTrue();
            }
            first.Poll(0, SelectMode.SelectRead).ShouldBeFalse();
        }
        counting.Runs.ShouldBe(8UL);
    }

    [KernelFact]
    public void Reuseport_program_moves_a_waiting_connection_when_its_listener_closes()
    {
        const int MigratingSocket = 48;
        using var sockets = BpfMap.Create(new MapSpec { Name = "group", Type = MapType.ReuseportSockArray, KeySize = 4, ValueSize = 8, MaxEntries = 2 });
        using var counting = new CountingProgram(ProgramType.SkReuseport, AttachType.SkReuseportSelectOrMigrate, PassVerdict, code =>
        {
            var fresh = code.NewLabel();
            code.Load(AccessSize.Double, Register.R2, Register.R6, MigratingSocket)
                .Store(AccessSize.Word, Register.R10, -4, 0)
                .JumpIf(Register.R2, Comparison.Equal, 0, fresh)
                .Store(AccessSize.Word, Register.R10, -4, 1)
                .Bind(fresh)
                .Move(Register.R1, Register.R6).LoadMap(Register.R2, sockets).Move(Register.R3, Register.R10).Add(Register.R3, -4).Move(Register.R4, 0)
                .Call(HelperFunction.SkSelectReuseport);
        });
        using var first = Listener(port: 0);
        using var second = Listener(((IPEndPoint)first.LocalEndPoint!).Port);
        Put(sockets, 0, first);
        Put(sockets, 1, second);
        using var link = SocketFilterLink.AttachToGroup(counting.Program, second);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(second.LocalEndPoint!);
        second.Poll(0, SelectMode.SelectRead).ShouldBeFalse();
        first.Close();
        second.Poll(1_000_000, SelectMode.SelectRead).ShouldBeTrue();
        using var server = second.Accept();
        server.RemoteEndPoint.ShouldBe(client.LocalEndPoint);
    }

    [KernelFact]
    public void Reuseport_filter_chooses_a_socket_by_index()
    {
        using var counting = new CountingProgram(ProgramType.SocketFilter, verdict: 0);
        using var first = Member(port: 0);
        using var second = Member(((IPEndPoint)first.LocalEndPoint!).Port);
        using var link = SocketFilterLink.AttachToGroup(counting.Program, second);
        for (var i = 0; i < 4; i++)
        {
            using var sender = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            sender.SendTo("x"u8, first.LocalEndPoint!);
            TestSockets.Receives(first).ShouldBeTrue();
        }
        counting.Runs.ShouldBe(4UL);
    }

    [KernelFact]
    public void Sk_msg_verdict_refuses_what_a_socket_sends()
    {
        using var sockets = SockMap();
        using var counting = new CountingProgram(ProgramType.SkMsg, AttachType.SkMsgVerdict, DropVerdict);
        using var link = SockMapLink.Attach(counting.Program, sockets);
        var (client, server) = TestSockets.Pair();
        using (client)
        using (server)
        {
            Put(sockets, 0, client);
            TestSockets.ErrnoOf(() => client.Send("hello"u8)).ShouldBe(Errno.EACCES);
        }
        counting.Runs.ShouldBe(1UL);
        if (KernelFeatures.WhyMissing(KernelFeature.SockmapLink) is null)
        {
            link.GetInfo().ShouldBeOfType<SockMapLinkInfo>().AttachType.ShouldBe(AttachType.SkMsgVerdict);
        }
        else
        {
            link.IsKernelLink.ShouldBeFalse();
        }
    }

    [KernelFact]
    public void Sk_skb_verdict_drops_what_a_socket_receives()
    {
        using var sockets = SockMap();
        using var counting = new CountingProgram(ProgramType.SkSkb, AttachType.SkSkbVerdict, DropVerdict);
        using var link = SockMapLink.Attach(counting.Program, sockets);
        var (client, server) = TestSockets.Pair();
        using (client)
        using (server)
        {
            Put(sockets, 0, server);
            client.Send("hello"u8);
            TestSockets.Receives(server).ShouldBeFalse();
        }
        counting.Runs.ShouldBeGreaterThan(0UL);
    }

    [KernelFact]
    public void Sk_skb_parser_and_verdict_see_a_stream()
    {
        using var sockets = SockMap();
        // A parser returns the length of the message: here all that there is.
        using var parser = new CountingProgram(ProgramType.SkSkb, AttachType.SkSkbStreamParser, 5);
        using var verdict = new CountingProgram(ProgramType.SkSkb, AttachType.SkSkbStreamVerdict, PassVerdict);
        using var parserLink = SockMapLink.Attach(parser.Program, sockets);
        using var verdictLink = SockMapLink.Attach(verdict.Program, sockets);
        var (client, server) = TestSockets.Pair();
        using (client)
        using (server)
        {
            Put(sockets, 0, server);
            client.Send("hello"u8);
            TestSockets.Receives(server).ShouldBeTrue();
        }
        parser.Runs.ShouldBeGreaterThan(0UL);
        verdict.Runs.ShouldBeGreaterThan(0UL);
    }

    static BpfMap SockMap() => BpfMap.Create(new MapSpec { Name = "sockets", Type = MapType.SockMap, KeySize = 4, ValueSize = 8, MaxEntries = 2 });

    static void Put(BpfMap map, int index, Socket socket) =>
        map.Update(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in index)), BitConverter.GetBytes((ulong)socket.Handle));

    static Socket Listener(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        // SOL_SOCKET, SO_REUSEPORT.
        socket.SetRawSocketOption(1, 15, BitConverter.GetBytes(1));
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        socket.Listen();
        return socket;
    }

    static Socket Member(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        // SOL_SOCKET, SO_REUSEPORT
        socket.SetRawSocketOption(1, 15, BitConverter.GetBytes(1));
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        return socket;
    }
}
