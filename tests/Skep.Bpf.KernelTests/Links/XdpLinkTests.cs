using Shouldly;
using Skep.Testing;

namespace Skep.Bpf.KernelTests.Links;

public class XdpLinkTests
{
    const int Drop = 1, Pass = 2;

    [KernelFact(KernelFeature.NetNs)]
    public void Generic_xdp_drops_what_the_interface_receives()
    {
        using var network = new TestNetwork();
        using var counting = new CountingProgram(ProgramType.Xdp, AttachType.Xdp, Drop);
        network.Run(() =>
        {
            TestSockets.Datagram().ShouldBe((true, true));
            using (var link = XdpLink.Attach(counting.Program, TestNetwork.Loopback, new XdpOptions { Mode = XdpMode.Generic }))
            {
                TestSockets.Datagram().ShouldBe((true, false));
                link.GetInfo().ShouldBeOfType<XdpLinkInfo>().InterfaceIndex.ShouldBe((uint)TestNetwork.Loopback);
            }
            TestSockets.Datagram().ShouldBe((true, true));
        });
        counting.Runs.ShouldBeGreaterThan(0UL);
    }

    [KernelFact(KernelFeature.NetNs)]
    public void Netlink_attaches_and_takes_off_its_own_program_only()
    {
        using var network = new TestNetwork();
        using var counting = new CountingProgram(ProgramType.Xdp, AttachType.Xdp, Drop);
        network.Run(() =>
        {
            var options = new XdpOptions { Mode = XdpMode.Generic, UseNetlink = true };
            using (var link = XdpLink.Attach(counting.Program, TestNetwork.Loopback, options))
            {
                link.IsKernelLink.ShouldBeFalse();
                TestSockets.Datagram().ShouldBe((true, false));
                Should.Throw<BpfSyscallException>(() => XdpLink.Attach(counting.Program, TestNetwork.Loopback, options)).Message.ShouldContain("XDP");
            }
            TestSockets.Datagram().ShouldBe((true, true));
        });
    }

    [KernelFact(KernelFeature.Veth)]
    public void Native_xdp_drops_on_a_veth_pair()
    {
        using var near = new TestNetwork();
        using var far = new TestNetwork();
        var (_, there) = near.ConnectTo(far, "10.78.0.1", "10.78.0.2");
        using var receiver = far.Run(() => TestSockets.Receiver(System.Net.IPAddress.Parse("10.78.0.2")));
        // Carrier and neighbour take a moment.
        TestSockets.Eventually(() => near.Run(() => TestSockets.Send(receiver)).Received).ShouldBeTrue();
        using var counting = new CountingProgram(ProgramType.Xdp, AttachType.Xdp, Drop, flags: ProgramFlags.XdpFragments);
        using (far.Run(() => XdpLink.Attach(counting.Program, there, new XdpOptions { Mode = XdpMode.Native })))
        {
            near.Run(() => TestSockets.Send(receiver)).Received.ShouldBeFalse();
            counting.Runs.ShouldBeGreaterThan(0UL);
        }
        TestSockets.Eventually(() => near.Run(() => TestSockets.Send(receiver)).Received).ShouldBeTrue();
    }

    [KernelFact(KernelFeature.NetNs)]
    public void Update_changes_the_program_and_checks_the_expected_one()
    {
        using var network = new TestNetwork();
        using var dropping = new CountingProgram(ProgramType.Xdp, AttachType.Xdp, Drop);
        using var passing = new CountingProgram(ProgramType.Xdp, AttachType.Xdp, Pass);
        network.Run(() =>
        {
            using var link = XdpLink.Attach(dropping.Program, TestNetwork.Loopback, new XdpOptions { Mode = XdpMode.Generic });
            TestSockets.Datagram().Received.ShouldBeFalse();
            Should.Throw<BpfSyscallException>(() => link.Update(passing.Program, expectedOld: passing.Program));
            link.Update(passing.Program, expectedOld: dropping.Program);
            TestSockets.Datagram().Received.ShouldBeTrue();
            passing.Runs.ShouldBeGreaterThan(0UL);
            link.Detach();
            link.GetInfo().ShouldBeOfType<XdpLinkInfo>().InterfaceIndex.ShouldBe(0U);
        });
    }

    [KernelFact(KernelFeature.NetNs)]
    public void Pinned_link_outlives_its_owner_and_is_found_by_path_and_id()
    {
        using var network = new TestNetwork();
        using var files = new TemporaryBpfFileSystem();
        using var counting = new CountingProgram(ProgramType.Xdp, AttachType.Xdp, Drop);
        network.Run(() =>
        {
            uint id;
            using (var link = XdpLink.Attach(counting.Program, TestNetwork.Loopback, new XdpOptions { Mode = XdpMode.Generic }))
            {
                link.Pin(files["xdp"]);
                id = link.Id;
            }
            TestSockets.Datagram().Received.ShouldBeFalse();
            using (var byId = BpfLink.FromId(id)) byId.Id.ShouldBe(id);
            using (var pinned = BpfLink.FromPin(files["xdp"])) pinned.GetInfo().ShouldBeOfType<XdpLinkInfo>().Id.ShouldBe(id);
            File.Delete(files["xdp"]);
            TestSockets.Eventually(() => TestSockets.Datagram().Received).ShouldBeTrue();
        });
    }

    [KernelFact(KernelFeature.NetNs)]
    public void Attach_says_that_the_driver_cannot_when_it_cannot()
    {
        using var network = new TestNetwork();
        using var counting = new CountingProgram(ProgramType.Xdp, AttachType.Xdp, Pass);
        network.Run(() => Should.Throw<BpfSyscallException>(
            () => XdpLink.Attach(counting.Program, TestNetwork.Loopback, new XdpOptions { Mode = XdpMode.Native })).Message.ShouldContain("use XdpMode.Generic"));
    }
}
