using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Skep.Agent.KernelTests.Falco;

/// <summary>Addresses as the kernel takes them.</summary>
static class Addresses
{
    const int InterfaceName = 16, InterfaceRequest = 40; // include/uapi/linux/if.h: struct ifreq
    const int SetAddress = 0x8916, SetFlags = 0x8914, Up = 1 | 0x40; // SIOCSIFADDR, SIOCSIFFLAGS, IFF_UP | IFF_RUNNING

    /// <summary>A <c>struct sockaddr_in</c> or <c>sockaddr_in6</c>.</summary>
    public static byte[] Of(IPEndPoint end)
    {
        var isV6 = end.AddressFamily == AddressFamily.InterNetworkV6;
        var bytes = new byte[isV6 ? 28 : 16];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)(isV6 ? 10 : 2));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)end.Port);
        end.Address.GetAddressBytes().CopyTo(bytes, isV6 ? 8 : 4);
        return bytes;
    }

    public static byte[] Of(string end) => Of(IPEndPoint.Parse(end));

    /// <summary>A <c>struct sockaddr_un</c>.</summary>
    public static byte[] Unix(string path) => [1, 0, .. Encoding.UTF8.GetBytes(path), 0];

    /// <summary>Goes to a network of its own, where the loopback device has an address.</summary>
    public static void OwnNetwork(ActorScript script, string address)
    {
        const int NewNetwork = 0x40000000; // CLONE_NEWNET
        script.Call("unshare", NewNetwork);
        var socket = new ActorScript.ResultOf(script.Call("socket", 2, 2, 0));
        script.Call("ioctl", socket, SetAddress, Request(Of(new IPEndPoint(IPAddress.Parse(address), 0))));
        script.Call("ioctl", socket, SetFlags, Request([Up, 0]));
        script.Call("close", socket);
    }

    static byte[] Request(byte[] value)
    {
        var request = new byte[InterfaceRequest];
        "lo"u8.CopyTo(request);
        value.CopyTo(request, InterfaceName);
        return request;
    }
}
