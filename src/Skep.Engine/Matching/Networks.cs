using System.Net;
using System.Net.Sockets;

namespace Skep.Engine.Matching;

/// <summary>
/// What networks mean where IPv4 is spoken through IPv6 sockets: an address <c>::ffff:a.b.c.d</c> is the IPv4 address in it, and a network of such addresses the IPv4
/// network in it. Tables, generated code and user space all compare what these functions make of both.
/// </summary>
static class Networks
{
    public const ushort IPv4Family = 2, IPv6Family = 10;

    const int MappedPrefix = 96;

    static readonly UInt128 s_mapped = (UInt128)0xffff << 32;

    /// <summary>A network without the mapping.</summary>
    public static IPNetwork Plain(IPNetwork network) => network.BaseAddress.IsIPv4MappedToIPv6 && network.PrefixLength >= MappedPrefix
        ? new IPNetwork(network.BaseAddress.MapToIPv4(), network.PrefixLength - MappedPrefix)
        : network;

    /// <summary>Whether a network is of IPv6, the mapping removed.</summary>
    public static bool IsIPv6(IPNetwork plain) => plain.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>The bits of an address, the first one highest, and the mapping removed; an IPv4 address has the upper 32.</summary>
    public static (bool IsIPv6, UInt128 Bits) Plain(bool isIPv6, UInt128 bits) => !isIPv6 ? (false, bits >> 96 << 96) : bits >> 32 << 32 == s_mapped ? (false, bits << 96) : (true, bits);
}
