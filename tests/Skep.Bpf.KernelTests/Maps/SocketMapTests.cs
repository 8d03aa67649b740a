using System.Net;
using System.Net.Sockets;
using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

public sealed class SocketMapTests : IDisposable
{
    readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    readonly Socket _client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    readonly Socket _server;

    public SocketMapTests()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _client.Connect(_listener.LocalEndPoint!);
        _server = _listener.Accept();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _client.Dispose();
        _server.Dispose();
    }

    [KernelFact]
    public void Sockmap_and_sockhash_know_their_sockets_by_cookie()
    {
        foreach (var type in new[] { MapType.SockMap, MapType.SockHash })
        {
            using var map = new SocketMap<uint>(BpfMap.Create(new MapSpec { Name = "socks", Type = type, KeySize = 4, ValueSize = 8, MaxEntries = 4 }));
            map.TryGetCookie(1, out _).ShouldBeFalse();
            map.Delete(1).ShouldBeFalse();
            map.Set(1, _server);
            map.TryGetCookie(1, out var cookie).ShouldBeTrue();
            cookie.ShouldBe(Cookie(_server));
            map.Set(2, _listener);
            map.Delete(1).ShouldBeTrue();
            map.TryGetCookie(1, out _).ShouldBeFalse();
        }
    }

    [KernelFact]
    public void A_socket_that_is_closed_leaves_the_map()
    {
        using var map = new SocketMap<ulong>(BpfMap.Create(new MapSpec { Name = "socks", Type = MapType.SockHash, KeySize = 8, ValueSize = 8, MaxEntries = 4 }));
        map.Set(7, _client);
        _client.Dispose();
        map.TryGetCookie(7, out _).ShouldBeFalse();
    }

    [KernelFact]
    public void A_socket_of_a_wrong_kind_is_refused()
    {
        using var map = new SocketMap<uint>(BpfMap.Create(new MapSpec { Name = "socks", Type = MapType.SockMap, KeySize = 4, ValueSize = 4, MaxEntries = 4 }));
        using var unconnected = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Should.Throw<BpfSyscallException>(() => map.Set(0, unconnected)).ErrorName.ShouldBe("EOPNOTSUPP");
        Should.Throw<BpfException>(() => map.TryGetCookie(0, out _)).Message.ShouldContain("cookies need 8");
    }

    [KernelFact]
    public void Reuseport_array_takes_sockets_of_a_reuseport_group()
    {
        using var map = new SocketMap<uint>(BpfMap.Create(new MapSpec { Name = "group", Type = MapType.ReuseportSockArray, KeySize = 4, ValueSize = 8, MaxEntries = 4 }));
        Should.Throw<BpfSyscallException>(() => map.Set(0, _listener));
        using var member = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        member.SetRawSocketOption(1, 15, BitConverter.GetBytes(1)); // SOL_SOCKET, SO_REUSEPORT
        member.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        map.Set(0, member);
        map.TryGetCookie(0, out var cookie).ShouldBeTrue();
        cookie.ShouldBe(Cookie(member));
        map.Delete(0).ShouldBeTrue();
        map.Delete(0).ShouldBeFalse();
    }

    [KernelFact]
    public void Xskmap_refuses_sockets_that_are_not_of_xdp_and_reads_nothing_back()
    {
        using var map = new SocketMap<uint>(BpfMap.Create(new MapSpec { Name = "xsks", Type = MapType.XskMap, KeySize = 4, ValueSize = 4, MaxEntries = 4 }));
        Should.Throw<BpfSyscallException>(() => map.Set(0, _listener));
        using var program = Code.Load(ProgramType.Xdp,
            Code.Map(Register.R1, map.Map),
            [Code.Move(Register.R2, 0), Code.Move(Register.R3, 2), Code.Call(HelperFunction.RedirectMap), Code.Exit]);
        Code.Run(program).ShouldBe(2u);
    }

    static ulong Cookie(Socket socket)
    {
        Span<byte> cookie = stackalloc byte[8];
        socket.GetRawSocketOption(1, 57, cookie); // SOL_SOCKET, SO_COOKIE
        return BitConverter.ToUInt64(cookie);
    }
}
