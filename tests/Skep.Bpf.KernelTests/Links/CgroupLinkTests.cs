using System.Net;
using System.Net.Sockets;
using Shouldly;
using Skep.Testing;

namespace Skep.Bpf.KernelTests.Links;

/// <summary>Each hook of a control group, with a verdict seen by a socket or file inside it and not outside.</summary>
public class CgroupLinkTests
{
    const int Deny = 0, Allow = 1;

    [KernelFact]
    public void Egress_program_refuses_what_the_group_sends()
    {
        Check(ProgramType.CgroupSkb, AttachType.CgroupInetEgress, Deny, () => TestSockets.Datagram().ShouldBe((false, false)));
    }

    [KernelFact]
    public void Ingress_program_drops_what_the_group_receives()
    {
        Check(ProgramType.CgroupSkb, AttachType.CgroupInetIngress, Deny, () => TestSockets.Datagram().ShouldBe((true, false)));
    }

    [KernelFact]
    public void Sock_create_program_refuses_sockets() =>
        Check(ProgramType.CgroupSock, AttachType.CgroupInetSockCreate, Deny, () => Refused(() => TestSockets.Receiver().Dispose()));

    [KernelFact]
    public void Sock_release_program_runs_when_a_socket_closes() =>
        Check(ProgramType.CgroupSock, AttachType.CgroupInetSockRelease, Allow, () => TestSockets.Receiver().Dispose());

    [KernelFact]
    public void Bind_programs_refuse_addresses()
    {
        Check(ProgramType.CgroupSockAddr, AttachType.CgroupInet4Bind, Deny, () => Refused(() => TestSockets.Receiver().Dispose()));
        Check(ProgramType.CgroupSockAddr, AttachType.CgroupInet6Bind, Deny, () => Refused(() => TestSockets.Receiver(IPAddress.IPv6Loopback).Dispose()));
        Check(ProgramType.CgroupSock, AttachType.CgroupInet4PostBind, Deny, () => Refused(() => TestSockets.Receiver().Dispose()));
        Check(ProgramType.CgroupSock, AttachType.CgroupInet6PostBind, Deny, () => Refused(() => TestSockets.Receiver(IPAddress.IPv6Loopback).Dispose()));
    }

    [KernelFact]
    public void Connect_programs_refuse_peers()
    {
        Check(ProgramType.CgroupSockAddr, AttachType.CgroupInet4Connect, Deny, () => Refused(() => ConnectDatagram(IPAddress.Loopback)));
        Check(ProgramType.CgroupSockAddr, AttachType.CgroupInet6Connect, Deny, () => Refused(() => ConnectDatagram(IPAddress.IPv6Loopback)));
    }

    [KernelFact]
    public void Sendmsg_programs_refuse_datagrams()
    {
        Check(ProgramType.CgroupSockAddr, AttachType.CgroupUdp4Sendmsg, Deny, () => TestSockets.Datagram().Sent.ShouldBeFalse());
        Check(ProgramType.CgroupSockAddr, AttachType.CgroupUdp6Sendmsg, Deny, () => TestSockets.Datagram(IPAddress.IPv6Loopback).Sent.ShouldBeFalse());
    }

    [KernelFact]
    public void Recvmsg_and_name_programs_run_for_each_question()
    {
        Check(ProgramType.CgroupSockAddr, AttachType.CgroupUdp4Recvmsg, Allow, () => ReceiveFrom(IPAddress.Loopback));
        Check(ProgramType.CgroupSockAddr, AttachType.CgroupUdp6Recvmsg, Allow, () => ReceiveFrom(IPAddress.IPv6Loopback));
        Check(ProgramType.CgroupSockAddr, AttachType.CgroupInet4Getsockname, Allow, () => AskNames(IPAddress.Loopback));
        Check(ProgramType.CgroupSockAddr, AttachType.CgroupInet6Getsockname, Allow, () => AskNames(IPAddress.IPv6Loopback));
        Check(ProgramType.CgroupSockAddr, AttachType.CgroupInet4Getpeername, Allow, () => AskNames(IPAddress.Loopback));
        Check(ProgramType.CgroupSockAddr, AttachType.CgroupInet6Getpeername, Allow, () => AskNames(IPAddress.IPv6Loopback));
    }

    [KernelFact(KernelFeature.CgroupUnix)]
    public void Unix_programs_run_or_refuse()
    {
        Check(ProgramType.CgroupSockAddr, AttachType.CgroupUnixConnect, Deny, () => Refused(ConnectUnix));
        Check(ProgramType.CgroupSockAddr, AttachType.CgroupUnixSendmsg, Deny, () => Refused(SendUnix));
        Check(ProgramType.CgroupSockAddr, AttachType.CgroupUnixRecvmsg, Allow, SendUnix);
        Check(ProgramType.CgroupSockAddr, AttachType.CgroupUnixGetsockname, Allow, ConnectUnix);
        Check(ProgramType.CgroupSockAddr, AttachType.CgroupUnixGetpeername, Allow, ConnectUnix);
    }

    [KernelFact]
    public void Sock_ops_program_follows_connections() => Check(ProgramType.SockOps, AttachType.CgroupSockOps, Allow, () =>
    {
        var (client, server) = TestSockets.Pair();
        client.Dispose();
        server.Dispose();
    });

    [KernelFact]
    public void Sockopt_programs_refuse_options()
    {
        Check(ProgramType.CgroupSockopt, AttachType.CgroupSetsockopt, Deny, () => WithSocket(s => Refused(() => s.Ttl = 9)));
        Check(ProgramType.CgroupSockopt, AttachType.CgroupGetsockopt, Deny, () => WithSocket(s => Refused(() => _ = s.Ttl)));
    }

    [KernelFact]
    public void Sysctl_program_refuses_reads() => Check(ProgramType.CgroupSysctl, AttachType.CgroupSysctl, Deny, () =>
        Should.Throw<UnauthorizedAccessException>(() => File.ReadAllText("/proc/sys/kernel/ostype")));

    [KernelFact]
    public void Device_program_refuses_devices() => Check(ProgramType.CgroupDevice, AttachType.CgroupDevice, Deny, () =>
        Should.Throw<UnauthorizedAccessException>(() => File.OpenRead("/dev/zero").Dispose()));

    [KernelFact]
    public void Attachment_without_a_link_works_and_undoes_itself()
    {
        using var cgroup = new TestCgroup();
        using var counting = new CountingProgram(ProgramType.CgroupSkb, AttachType.CgroupInetEgress, Deny);
        using (var link = CgroupLink.Attach(counting.Program, cgroup.Path, new CgroupOptions { UseProgramAttach = true, Sharing = CgroupSharing.Exclusive }))
        {
            link.IsKernelLink.ShouldBeFalse();
            Should.Throw<InvalidOperationException>(() => link.Pin("/nowhere"));
            cgroup.Run(() => TestSockets.Datagram().Sent.ShouldBeFalse());
        }
        cgroup.Run(() => TestSockets.Datagram().ShouldBe((true, true)));
    }

    [KernelFact]
    public void Update_changes_the_verdict_and_info_names_the_group()
    {
        using var cgroup = new TestCgroup();
        using var denying = new CountingProgram(ProgramType.CgroupSkb, AttachType.CgroupInetEgress, Deny);
        using var allowing = new CountingProgram(ProgramType.CgroupSkb, AttachType.CgroupInetEgress, Allow);
        using var link = CgroupLink.Attach(denying.Program, cgroup.Path);
        cgroup.Run(() => TestSockets.Datagram().Sent.ShouldBeFalse());
        link.Update(allowing.Program, expectedOld: denying.Program);
        cgroup.Run(() => TestSockets.Datagram().ShouldBe((true, true)));
        var info = link.GetInfo().ShouldBeOfType<CgroupLinkInfo>();
        info.AttachType.ShouldBe(AttachType.CgroupInetEgress);
        info.CgroupId.ShouldNotBe(0UL);
        link.Detach();
        link.GetInfo().ShouldBeOfType<CgroupLinkInfo>().CgroupId.ShouldBe(0UL);
    }

    [KernelFact]
    public void Anchor_orders_programs_or_says_which_kernel_can()
    {
        using var cgroup = new TestCgroup();
        using var one = new CountingProgram(ProgramType.CgroupSkb, AttachType.CgroupInetEgress, Allow);
        using var two = new CountingProgram(ProgramType.CgroupSkb, AttachType.CgroupInetEgress, Allow);
        using var link = CgroupLink.Attach(one.Program, cgroup.Path);
        try
        {
            using var before = CgroupLink.Attach(two.Program, cgroup.Path, new CgroupOptions { Anchor = LinkAnchor.Before(link) });
            cgroup.Run(() => TestSockets.Datagram());
            two.Runs.ShouldBe(one.Runs);
            one.Runs.ShouldBeGreaterThan(0UL);
        }
        catch (BpfSyscallException error)
        {
            error.Message.ShouldContain("needs Linux 6.17");
        }
    }

    [KernelFact]
    public void Attach_says_that_the_path_is_no_control_group()
    {
        using var counting = new CountingProgram(ProgramType.CgroupSkb, AttachType.CgroupInetEgress, Allow);
        Should.Throw<BpfSyscallException>(() => CgroupLink.Attach(counting.Program, "/tmp")).Message.ShouldContain("cgroup2");
    }

    static void Check(ProgramType type, AttachType hook, int verdict, Action inside)
    {
        using var cgroup = new TestCgroup();
        using var counting = new CountingProgram(type, hook, verdict);
        using (CgroupLink.Attach(counting.Program, cgroup.Path))
        {
            cgroup.Run(inside);
        }
        counting.Runs.ShouldBeGreaterThan(0UL, $"{hook} ran");
    }

    static void Refused(Action action) => TestSockets.IsRefused(action).ShouldBeTrue();

    static void WithSocket(Action<Socket> action)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        action(socket);
    }

    static void ConnectDatagram(IPAddress address)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(new IPEndPoint(address, 9));
    }

    static void ReceiveFrom(IPAddress address)
    {
        using var receiver = TestSockets.Receiver(address);
        using var sender = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        sender.SendTo("x"u8, receiver.LocalEndPoint!);
        EndPoint from = new IPEndPoint(address, 0);
        receiver.ReceiveFrom(new byte[8], ref from);
    }

    static void AskNames(IPAddress address)
    {
        using var receiver = TestSockets.Receiver(address);
        using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(receiver.LocalEndPoint!);
        socket.LocalEndPoint.ShouldNotBeNull();
        SystemCalls.GetPeerName((int)socket.Handle).ShouldBe(0);
    }

    static void ConnectUnix()
    {
        var path = Path.Combine(Path.GetTempPath(), $"skep-{Guid.NewGuid():N}.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        try
        {
            listener.Listen();
            using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            client.Connect(new UnixDomainSocketEndPoint(path));
            SystemCalls.GetPeerName((int)client.Handle).ShouldBe(0);
            // Only a socket that has a name asks the program for it.
            SystemCalls.GetSocketName((int)listener.Handle).ShouldBe(0);
        }
        finally
        {
            File.Delete(path);
        }
    }

    static void SendUnix()
    {
        var path = Path.Combine(Path.GetTempPath(), $"skep-{Guid.NewGuid():N}.sock");
        using var receiver = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        receiver.Bind(new UnixDomainSocketEndPoint(path));
        try
        {
            using var sender = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            sender.Bind(new UnixDomainSocketEndPoint(path + "s"));
            sender.SendTo("x"u8, new UnixDomainSocketEndPoint(path));
            EndPoint from = new UnixDomainSocketEndPoint(path);
            receiver.ReceiveFrom(new byte[8], ref from);
        }
        finally
        {
            File.Delete(path);
            File.Delete(path + "s");
        }
    }
}
