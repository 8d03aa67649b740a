using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Bpf.Interop;
using Skep.Testing;
using Xunit;

namespace Skep.Bpf.KernelTests.Links;

public class TrafficControlLinkTests
{
    const int Next = -1, Ok = 0, Shot = 2;

    [KernelFact(KernelFeature.Tcx)]
    public void Tcx_drops_at_ingress_and_egress()
    {
        using var network = new TestNetwork();
        using var ingress = new CountingProgram(ProgramType.SchedCls, AttachType.TcxIngress, Shot);
        using var egress = new CountingProgram(ProgramType.SchedCls, AttachType.TcxEgress, Shot);
        network.Run(() =>
        {
            using (var link = TcxLink.Attach(ingress.Program, TestNetwork.Loopback, TcDirection.Ingress))
            {
                TestSockets.Datagram().Received.ShouldBeFalse();
                link.GetInfo().ShouldBeOfType<TcxLinkInfo>().AttachType.ShouldBe(AttachType.TcxIngress);
            }
            using (TcxLink.Attach(egress.Program, TestNetwork.Loopback, TcDirection.Egress))
            {
                TestSockets.Datagram().Received.ShouldBeFalse();
            }
            TestSockets.Datagram().Received.ShouldBeTrue();
        });
        ingress.Runs.ShouldBeGreaterThan(0UL);
        egress.Runs.ShouldBeGreaterThan(0UL);
    }

    [KernelFact(KernelFeature.Tcx)]
    public void Tcx_runs_programs_in_the_order_of_their_anchors()
    {
        using var network = new TestNetwork();
        using var dropping = new CountingProgram(ProgramType.SchedCls, AttachType.TcxIngress, Shot);
        using var before = new CountingProgram(ProgramType.SchedCls, AttachType.TcxIngress, Next);
        using var after = new CountingProgram(ProgramType.SchedCls, AttachType.TcxIngress, Next);
        using var first = new CountingProgram(ProgramType.SchedCls, AttachType.TcxIngress, Next);
        network.Run(() =>
        {
            using var middle = TcxLink.Attach(dropping.Program, TestNetwork.Loopback, TcDirection.Ingress);
            using var a = TcxLink.Attach(before.Program, TestNetwork.Loopback, TcDirection.Ingress, new OrderedOptions { Anchor = LinkAnchor.Before(middle) });
            using var b = TcxLink.Attach(after.Program, TestNetwork.Loopback, TcDirection.Ingress, new OrderedOptions { Anchor = LinkAnchor.After(dropping.Program) });
            using var c = TcxLink.Attach(first.Program, TestNetwork.Loopback, TcDirection.Ingress, new OrderedOptions { Anchor = LinkAnchor.BeforeLink(a.Id) });
            TestSockets.Datagram().Received.ShouldBeFalse();
        });
        before.Runs.ShouldBe(dropping.Runs);
        first.Runs.ShouldBe(dropping.Runs);
        before.Runs.ShouldBeGreaterThan(0UL);
        after.Runs.ShouldBe(0UL);
    }

    [KernelFact(KernelFeature.Tcx)]
    public void Tcx_refuses_another_revision_than_the_expected_one()
    {
        using var network = new TestNetwork();
        using var one = new CountingProgram(ProgramType.SchedCls, AttachType.TcxIngress, Next);
        using var two = new CountingProgram(ProgramType.SchedCls, AttachType.TcxIngress, Next);
        network.Run(() =>
        {
            using var link = TcxLink.Attach(one.Program, TestNetwork.Loopback, TcDirection.Ingress);
            Should.Throw<BpfSyscallException>(() => TcxLink.Attach(two.Program, TestNetwork.Loopback, TcDirection.Ingress, new OrderedOptions { ExpectedRevision = 77 }))
                .ErrorNumber.ShouldBe(Errno.ESTALE);
        });
    }

    [KernelFact(KernelFeature.NetNs)]
    public void Tcx_says_which_kernel_it_needs_where_there_is_none()
    {
        if (KernelFeatures.WhyMissing(KernelFeature.Tcx) is null) return;
        using var network = new TestNetwork();
        using var counting = new CountingProgram(ProgramType.SchedCls);
        network.Run(() => Should.Throw<BpfSyscallException>(() => TcxLink.Attach(counting.Program, TestNetwork.Loopback, TcDirection.Ingress)))
            .Message.ShouldContain("ClassicTcLink");
    }

    [KernelFact(KernelFeature.SchedCls)]
    public void Classic_tc_drops_and_leaves_nothing_behind()
    {
        using var network = new TestNetwork();
        using var counting = new CountingProgram(ProgramType.SchedCls, verdict: Shot);
        using var other = new CountingProgram(ProgramType.SchedCls, verdict: Ok);
        network.Run(() =>
        {
            using (var second = ClassicTcLink.Attach(other.Program, TestNetwork.Loopback, TcDirection.Egress, new ClassicTcOptions { Priority = 7, Handle = 3 }))
            {
                (second.Priority, second.Handle).ShouldBe(((ushort)7, 3U));
                using (var link = ClassicTcLink.Attach(counting.Program, TestNetwork.Loopback, TcDirection.Ingress))
                {
                    link.Priority.ShouldNotBe((ushort)0);
                    TestSockets.Datagram().Received.ShouldBeFalse();
                }
                TestSockets.Datagram().Received.ShouldBeTrue();
                other.Runs.ShouldBeGreaterThan(0UL);
            }
            using var netlink = new RouteNetlink();
            netlink.AddClsact(TestNetwork.Loopback).ShouldBeTrue("the qdisc is gone, so that it can be made again");
        });
    }

    [KernelFact(KernelFeature.Netkit)]
    public void Netkit_drops_what_the_peer_sends()
    {
        using var network = new TestNetwork();
        var primary = network.CreateNetkit();
        using var counting = new CountingProgram(ProgramType.SchedCls, AttachType.NetkitPeer, Shot);
        network.Run(() =>
        {
            using var link = NetkitLink.Attach(counting.Program, primary, onPeer: true);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            // SOL_SOCKET, SO_BINDTODEVICE.
            socket.SetRawSocketOption(1, 25, "nk1\0"u8);
            socket.SendTo("x"u8, new IPEndPoint(IPAddress.Parse("10.77.0.3"), 9));
            link.GetInfo().ShouldBeOfType<NetkitLinkInfo>().AttachType.ShouldBe(AttachType.NetkitPeer);
        });
        counting.Runs.ShouldBeGreaterThan(0UL);
    }

    [KernelFact(KernelFeature.Netkit)]
    public void Netkit_drops_what_the_primary_sends()
    {
        using var network = new TestNetwork();
        var primary = network.CreateNetkit();
        using var counting = new CountingProgram(ProgramType.SchedCls, AttachType.NetkitPrimary, Shot);
        network.Run(() =>
        {
            using var link = NetkitLink.Attach(counting.Program, primary);
            using var socket = TestSockets.Receiver();
            SendDatagram("10.77.0.2");
            link.GetInfo().ShouldBeOfType<NetkitLinkInfo>().AttachType.ShouldBe(AttachType.NetkitPrimary);
        });
        counting.Runs.ShouldBeGreaterThan(0UL);
    }

    [KernelFact(KernelFeature.Tcx)]
    public void Netkit_link_says_that_the_interface_is_none()
    {
        if (KernelFeatures.WhyMissing(KernelFeature.Netkit) is not null) return;
        using var network = new TestNetwork();
        using var counting = new CountingProgram(ProgramType.SchedCls, AttachType.NetkitPrimary, Shot);
        network.Run(() => Should.Throw<BpfSyscallException>(() => NetkitLink.Attach(counting.Program, TestNetwork.Loopback)).Message.ShouldContain("not a netkit device"));
    }

    [KernelFact(KernelFeature.Netfilter)]
    public void Netfilter_drops_at_local_input()
    {
        using var network = new TestNetwork();
        using var counting = new CountingProgram(ProgramType.Netfilter, AttachType.Netfilter, verdict: 0);
        network.Run(() =>
        {
            using (var link = NetfilterLink.Attach(counting.Program, new NetfilterOptions { Priority = -100 }))
            {
                TestSockets.Datagram().Received.ShouldBeFalse();
                var info = link.GetInfo().ShouldBeOfType<NetfilterLinkInfo>();
                (info.Family, info.Hook, info.Priority).ShouldBe((NetfilterFamily.IPv4, NetfilterHook.LocalIn, -100));
            }
            TestSockets.Datagram().Received.ShouldBeTrue();
        });
        counting.Runs.ShouldBeGreaterThan(0UL);
    }

    [KernelTheory(KernelFeature.NetNs)]
    [InlineData(ProgramType.LwtOut)]
    [InlineData(ProgramType.LwtXmit)]
    public void Route_with_a_program_drops_what_it_leads_to(ProgramType type)
    {
        using var network = new TestNetwork();
        using var counting = new CountingProgram(type, verdict: Shot);
        network.Run(() =>
        {
            using var link = LwtLink.Attach(counting.Program, IPNetwork.Parse("10.99.0.0/24"), TestNetwork.Loopback);
            TestSockets.ErrnoOf(() => SendDatagram("10.99.0.1"));
        });
        counting.Runs.ShouldBeGreaterThan(0UL);
    }

    [KernelFact(KernelFeature.Veth)]
    public void Route_with_a_program_sees_what_arrives_for_it()
    {
        using var sender = new TestNetwork();
        using var router = new TestNetwork();
        using var counting = new CountingProgram(ProgramType.LwtIn, verdict: Shot);
        var (_, index) = sender.ConnectTo(router, "10.98.0.1", "10.98.0.2");
        router.Run(() =>
        {
            File.WriteAllText("/proc/sys/net/ipv4/ip_forward", "1");
            using var link = LwtLink.Attach(counting.Program, IPNetwork.Parse("10.99.0.0/24"), index);
            SendUntil(() => counting.Runs > 0, sender, 0x0800,
            [
                // IPv4 and UDP, from 10.98.0.1 to 10.99.0.1.
                0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0x66, 0x0b, 10, 98, 0, 1, 10, 99, 0, 1,
                0, 9, 0, 9, 0, 8, 0, 0,
            ]);
        });
    }

    [KernelFact(KernelFeature.Veth)]
    public void Segment_with_a_program_sees_what_is_routed_through_it()
    {
        using var sender = new TestNetwork();
        using var segment = new TestNetwork();
        using var counting = new CountingProgram(ProgramType.LwtSeg6local, verdict: Shot);
        var (_, index) = sender.ConnectTo(segment, "10.98.0.1", "10.98.0.2");
        segment.Run(() =>
        {
            var here = IPAddress.Parse("fd00:99::1");
            using var link = LwtLink.Attach(counting.Program, new IPNetwork(here, 128), index);
            byte[] from = IPAddress.Parse("fd00:98::1").GetAddressBytes(), next = IPAddress.Parse("fd00:97::1").GetAddressBytes();
            SendUntil(() => counting.Runs > 0, sender, 0x86dd,
            [
                0x60, 0, 0, 0, 0, 48, 43, 64, .. from, .. here.GetAddressBytes(),
                // Segment routing header (type 4): four more units of eight bytes, one of two segments left; nothing (59) behind it.
                59, 4, 4, 1, 1, 0, 0, 0, .. next, .. here.GetAddressBytes(),
                0, 0, 0, 0, 0, 0, 0, 0,
            ]);
        });
    }

    [KernelFact(KernelFeature.SchedAct)]
    public void Action_drops_and_leaves_nothing_behind()
    {
        using var network = new TestNetwork();
        using var counting = new CountingProgram(ProgramType.SchedAct, verdict: Shot);
        network.Run(() =>
        {
            using (ClassicTcLink.Attach(counting.Program, TestNetwork.Loopback, TcDirection.Ingress))
            {
                TestSockets.Datagram().Received.ShouldBeFalse();
            }
            TestSockets.Datagram().Received.ShouldBeTrue();
            using var netlink = new RouteNetlink();
            netlink.AddClsact(TestNetwork.Loopback).ShouldBeTrue("the qdisc is gone, so that it can be made again");
        });
        counting.Runs.ShouldBeGreaterThan(0UL);
    }

    [KernelFact(KernelFeature.SchedCls)]
    public void Action_says_what_the_kernel_lacks_where_it_has_none()
    {
        if (KernelFeatures.WhyMissing(KernelFeature.SchedAct) is null) return;
        using var network = new TestNetwork();
        using var counting = new CountingProgram(ProgramType.SchedAct);
        network.Run(() => Should.Throw<BpfSyscallException>(() => ClassicTcLink.Attach(counting.Program, TestNetwork.Loopback, TcDirection.Ingress)))
            .Message.ShouldContain("CONFIG_NET_ACT_BPF");
    }

    static void SendDatagram(string address)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.SendTo("x"u8, new IPEndPoint(IPAddress.Parse(address), 9));
    }

    /// <summary>Sends again and again: the kernel drops what passes a new pair before a work queue has seen its carrier.</summary>
    static void SendUntil(Func<bool> seen, TestNetwork sender, ushort protocol, byte[] packet)
    {
        var tries = 200;
        while (!seen() && tries-- > 0)
        {
            sender.Run(() => SendFrame("veth0", protocol, packet));
            Thread.Sleep(100);
        }
        seen().ShouldBeTrue();
    }

    /// <summary>Sends a packet as it is to all that hear the interface.</summary>
    static void SendFrame(string name, ushort protocol, byte[] packet)
    {
        const int addressSize = 20;
        using var socket = new Socket((AddressFamily)65536, SocketType.Raw, (ProtocolType)0);
        var address = new SocketAddress((AddressFamily)65536, addressSize);
        BinaryPrimitives.WriteUInt16BigEndian(address.Buffer.Span[2..], protocol);
        BinaryPrimitives.WriteInt32LittleEndian(address.Buffer.Span[4..], TestNetwork.IndexOf(name));
        byte[] toAll = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff], fromUs = [2, 0, 0, 0, 0, 1];
        socket.SendTo([.. toAll, .. fromUs, (byte)(protocol >> 8), (byte)protocol, .. packet], SocketFlags.None, address);
    }

    [KernelFact(KernelFeature.SchedCls)]
    public void Flow_dissector_runs_when_a_flow_is_hashed()
    {
        using var network = new TestNetwork();
        using var dissector = new CountingProgram(ProgramType.FlowDissector, AttachType.FlowDissector, verdict: 0);
        using var hashing = new CountingProgram(ProgramType.SchedCls, verdict: Ok, body: code =>
            code.Move(Register.R1, Register.R6).Call(HelperFunction.SetHashInvalid)
                .Move(Register.R1, Register.R6).Call(HelperFunction.GetHashRecalc));
        network.Run(() =>
        {
            using var filter = ClassicTcLink.Attach(hashing.Program, TestNetwork.Loopback, TcDirection.Egress);
            using var link = NetnsLink.Attach(dissector.Program);
            TestSockets.Datagram();
            dissector.Runs.ShouldBeGreaterThan(0UL);
            link.GetInfo().ShouldBeOfType<NetnsLinkInfo>().AttachType.ShouldBe(AttachType.FlowDissector);
        });
    }
}
