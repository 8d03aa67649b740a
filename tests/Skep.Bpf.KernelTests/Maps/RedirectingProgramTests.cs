using System.Net;
using System.Net.Sockets;
using System.Text;
using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Bpf.KernelTests.Links;
using Skep.Testing;
using Xunit;

namespace Skep.Bpf.KernelTests;

/// <summary>Programs that send what they see elsewhere through a map, told by the sockets and interfaces that it arrives at.</summary>
public class RedirectingProgramTests
{
    const int Pass = 1, Ingress = 1, XdpRedirect = 4, XdpPass = 2;

    [KernelTheory]
    [InlineData(MapType.SockMap)]
    [InlineData(MapType.SockHash)]
    public void Sk_msg_moves_what_a_socket_sends_to_the_receive_queue_of_another(MapType type)
    {
        using var sockets = Sockets(type);
        using var counting = new CountingProgram(ProgramType.SkMsg, AttachType.SkMsgVerdict, Pass,
            Redirect(sockets.Map, HelperFunction.MsgRedirectMap, HelperFunction.MsgRedirectHash, Ingress));
        using var link = SockMapLink.Attach(counting.Program, sockets.Map);
        using var first = new Connection();
        using var second = new Connection();
        sockets.Set(0, first.Client);
        sockets.Set(1, second.Server);
        first.Client.Send("hello"u8);
        Receive(second.Server).ShouldBe("hello");
        first.Server.Poll(0, SelectMode.SelectRead).ShouldBeFalse();
        counting.Runs.ShouldBe(1UL);
    }

    [KernelTheory]
    [InlineData(MapType.SockMap)]
    [InlineData(MapType.SockHash)]
    public void Sk_skb_forwards_what_a_socket_receives_over_another_connection(MapType type)
    {
        using var sockets = Sockets(type);
        using var counting = new CountingProgram(ProgramType.SkSkb, AttachType.SkSkbVerdict, Pass,
            Redirect(sockets.Map, HelperFunction.SkRedirectMap, HelperFunction.SkRedirectHash, 0));
        using var link = SockMapLink.Attach(counting.Program, sockets.Map);
        using var incoming = new Connection();
        using var outgoing = new Connection();
        sockets.Set(0, incoming.Server);
        sockets.Set(1, outgoing.Client);
        incoming.Client.Send("hello"u8);
        Receive(outgoing.Server).ShouldBe("hello");
        incoming.Server.Poll(0, SelectMode.SelectRead).ShouldBeFalse();
        counting.Runs.ShouldBeGreaterThan(0UL);
    }

    [KernelFact(KernelFeature.Veth)]
    public void Devmap_sends_packets_back_out_of_an_interface_past_its_program()
    {
        using var near = new TestNetwork();
        using var far = new TestNetwork();
        var (here, there) = near.ConnectTo(far, "10.79.0.1", "10.79.0.2");
        using var receiver = far.Run(() => TestSockets.Receiver(IPAddress.Parse("10.79.0.2")));
        TestSockets.Eventually(() => near.Run(() => TestSockets.Send(receiver)).Received).ShouldBeTrue();
        using var devices = new DevMap(BpfMap.Create(new MapSpec { Name = "out", Type = MapType.DevMap, KeySize = 4, ValueSize = 8, MaxEntries = 2 }));
        using var leaving = new CountingProgram(ProgramType.Xdp, AttachType.XdpDevmap, XdpPass, NotePayload);
        using var returned = new CountingProgram(ProgramType.Xdp, AttachType.Xdp, XdpPass, NotePayload);
        using var redirecting = new CountingProgram(ProgramType.Xdp, AttachType.Xdp, XdpRedirect, Redirect(devices.Map));
        far.Run(() => devices.Set(0, (uint)there, leaving.Program));
        var options = new XdpOptions { Mode = XdpMode.Generic };
        using var watch = near.Run(() => XdpLink.Attach(returned.Program, here, options));
        using (far.Run(() => XdpLink.Attach(redirecting.Program, there, options)))
        {
            near.Run(() => TestSockets.Send(receiver)).ShouldBe((true, false));
            redirecting.Runs.ShouldBeGreaterThan(0UL);
            leaving.Value.ShouldBe(Hello);
            returned.Value.ShouldBe(Hello);
        }
    }

    [KernelFact(KernelFeature.Veth)]
    public void Cpumap_hands_packets_to_a_cpu_where_its_program_and_the_socket_see_them()
    {
        using var near = new TestNetwork();
        using var far = new TestNetwork();
        var (_, there) = near.ConnectTo(far, "10.80.0.1", "10.80.0.2");
        using var receiver = far.Run(() => TestSockets.Receiver(IPAddress.Parse("10.80.0.2")));
        TestSockets.Eventually(() => near.Run(() => TestSockets.Send(receiver)).Received).ShouldBeTrue();
        using var cpus = new CpuMap(BpfMap.Create(new MapSpec { Name = "cpus", Type = MapType.CpuMap, KeySize = 4, ValueSize = 8, MaxEntries = 1 }));
        using var arriving = new CountingProgram(ProgramType.Xdp, AttachType.XdpCpumap, XdpPass, NotePayload);
        using var redirecting = new CountingProgram(ProgramType.Xdp, AttachType.Xdp, XdpRedirect, Redirect(cpus.Map));
        cpus.Set(0, 64, arriving.Program);
        using (far.Run(() => XdpLink.Attach(redirecting.Program, there, new XdpOptions { Mode = XdpMode.Generic })))
        {
            near.Run(() => TestSockets.Send(receiver)).ShouldBe((true, true));
            redirecting.Runs.ShouldBeGreaterThan(0UL);
            arriving.Value.ShouldBe(Hello);
        }
    }

    static uint Hello => BitConverter.ToUInt32("hell"u8);

    static SocketMap<uint> Sockets(MapType type) => new(BpfMap.Create(new MapSpec { Name = "sockets", Type = type, KeySize = 4, ValueSize = 8, MaxEntries = 2 }));

    /// <summary>To the socket under key 1, by index in a sockmap and by pointer in a sockhash.</summary>
    static Action<Assembler> Redirect(BpfMap map, HelperFunction byIndex, HelperFunction byKey, int flags) => code =>
    {
        code.Store(AccessSize.Word, Register.R10, -4, 1).Move(Register.R1, Register.R6).LoadMap(Register.R2, map);
        if (map.Type == MapType.SockHash) code.Move(Register.R3, Register.R10).Add(Register.R3, -4).Move(Register.R4, flags).Call(byKey);
        else code.Move(Register.R3, 1).Move(Register.R4, flags).Call(byIndex);
    };

    /// <summary>To slot 0 of a devmap or cpumap.</summary>
    static Action<Assembler> Redirect(BpfMap map) => code =>
        code.LoadMap(Register.R1, map).Move(Register.R2, 0).Move(Register.R3, 0).Call(HelperFunction.RedirectMap);

    /// <summary>Notes the first four bytes of a UDP datagram, whatever else comes along.</summary>
    static void NotePayload(Assembler code)
    {
        const int EtherType = 12, Protocol = 23, Payload = 42;
        var end = code.NewLabel();
        code.Load(AccessSize.Word, Register.R1, Register.R6, 0).Load(AccessSize.Word, Register.R2, Register.R6, 4)
            .Move(Register.R3, Register.R1).Add(Register.R3, Payload + 4).JumpIf(Register.R3, Comparison.Greater, Register.R2, end)
            .Load(AccessSize.Half, Register.R3, Register.R1, EtherType).JumpIf(Register.R3, Comparison.NotEqual, IPAddress.HostToNetworkOrder((short)0x0800), end)
            .Load(AccessSize.Byte, Register.R3, Register.R1, Protocol).JumpIf(Register.R3, Comparison.NotEqual, 17, end)
            .Load(AccessSize.Word, Register.R3, Register.R1, Payload).Store(AccessSize.Double, Register.R7, CountingProgram.ValueOffset, Register.R3)
            .Bind(end);
    }

    static string Receive(Socket socket)
    {
        socket.ReceiveTimeout = 5000;
        var buffer = new byte[64];
        return Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer));
    }

    sealed class Connection : IDisposable
    {
        public Connection() => (Client, Server) = TestSockets.Pair();

        public Socket Client { get; }

        public Socket Server { get; }

        public void Dispose()
        {
            Client.Dispose();
            Server.Dispose();
        }
    }
}
