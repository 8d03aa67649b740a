using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Bpf.Interop;
using Skep.Testing;

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
    public void Netkit_drops_what_the_primary_sends()
    {
        using var network = new TestNetwork();
        var primary = network.CreateNetkit();
        using var counting = new CountingProgram(ProgramType.SchedCls, AttachType.NetkitPrimary, Shot);
        network.Run(() =>
        {
            using var link = NetkitLink.Attach(counting.Program, primary);
            using var socket = TestSockets.Receiver();
            using var sender = new System.Net.Sockets.Socket(
                System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Dgram, System.Net.Sockets.ProtocolType.Udp);
            sender.SendTo("x"u8, new System.Net.IPEndPoint(System.Net.IPAddress.Parse("10.77.0.2"), 9));
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

    [KernelFact(KernelFeature.NetNs)]
    public void Route_with_a_program_drops_what_it_leads_to()
    {
        const int drop = 2;
        using var network = new TestNetwork();
        CountingProgram? counting = null;
        try
        {
            counting = new CountingProgram(ProgramType.LwtXmit, verdict: drop);
            network.Run(() =>
            {
                using var link = LwtLink.Attach(counting.Program, System.Net.IPNetwork.Parse("10.99.0.0/24"), TestNetwork.Loopback);
                using var sender = new System.Net.Sockets.Socket(
                    System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Dgram, System.Net.Sockets.ProtocolType.Udp);
                TestSockets.ErrnoOf(() => sender.SendTo("x"u8, new System.Net.IPEndPoint(System.Net.IPAddress.Parse("10.99.0.1"), 9)));
                counting.Runs.ShouldBeGreaterThan(0UL);
            });
        }
        catch (BpfSyscallException error)
        {
            // The kernels of the matrix are built without it.
            error.Message.ShouldContain("CONFIG_LWTUNNEL_BPF");
        }
        finally
        {
            counting?.Dispose();
        }
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
