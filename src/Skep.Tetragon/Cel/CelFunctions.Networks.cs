using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using static Skep.Tetragon.Cel.CelKind;

namespace Skep.Tetragon.Cel;

/// <summary>Addresses and networks, as Kubernetes' libraries of CEL have them.</summary>
static partial class CelFunctions
{
    static IEnumerable<CelFunction> NetworkFunctions()
    {
        yield return Function("ip", CelKind.Address, a => ParseAddress((string)a[0]!) is { } address ? address : NoAddress(a[0]), CelKind.String);
        yield return Function("isIP", Bool, a => ParseAddress((string)a[0]!) is not null, CelKind.String);
        yield return Function("ip.isCanonical", Bool, a => ParseAddress((string)a[0]!) is { } address ? AddressText(address) == (string)a[0]! : NoAddress(a[0]), CelKind.String);
        yield return Method("family", Int, a => ((IPAddress)a[0]!).AddressFamily == AddressFamily.InterNetwork ? 4L : 6L, CelKind.Address);
        yield return Method("isUnspecified", Bool, a => a[0]!.Equals(IPAddress.Any) || a[0]!.Equals(IPAddress.IPv6Any), CelKind.Address);
        yield return Method("isLoopback", Bool, a => IPAddress.IsLoopback((IPAddress)a[0]!), CelKind.Address);
        yield return Method("isLinkLocalUnicast", Bool, a => IsLinkLocal((IPAddress)a[0]!), CelKind.Address);
        yield return Method("isLinkLocalMulticast", Bool, a => IsLinkLocalMulticast((IPAddress)a[0]!), CelKind.Address);
        yield return Method("isGlobalUnicast", Bool, a => IsGlobal((IPAddress)a[0]!), CelKind.Address);
        yield return Function("string", CelKind.String, a => AddressText((IPAddress)a[0]!), CelKind.Address);

        yield return Function("cidr", CelKind.Network, a => ParseNetwork((string)a[0]!) is { } network ? network : new CelError($"{a[0]} is no network"), CelKind.String);
        yield return Function("isCIDR", Bool, a => ParseNetwork((string)a[0]!) is not null, CelKind.String);
        yield return Method("containsIP", Bool, a => Contains((CelNetwork)a[0]!, (IPAddress)a[1]!), CelKind.Network, CelKind.Address);
        yield return Method("containsIP", Bool, a => ParseAddress((string)a[1]!) is { } address ? Contains((CelNetwork)a[0]!, address) : NoAddress(a[1]), CelKind.Network, CelKind.String);
        yield return Method("containsCIDR", Bool, a => Contains((CelNetwork)a[0]!, (CelNetwork)a[1]!), CelKind.Network, CelKind.Network);
        yield return Method("containsCIDR", Bool, a => ParseNetwork((string)a[1]!) is { } network ? Contains((CelNetwork)a[0]!, network) : new CelError($"{a[1]} is no network"), CelKind.Network, CelKind.String);
        yield return Method("ip", CelKind.Address, a => ((CelNetwork)a[0]!).Address, CelKind.Network);
        yield return Method("masked", CelKind.Network, a => Masked((CelNetwork)a[0]!), CelKind.Network);
        yield return Method("prefixLength", Int, a => (long)((CelNetwork)a[0]!).Prefix, CelKind.Network);
        yield return Function("string", CelKind.String, a => $"{AddressText(((CelNetwork)a[0]!).Address)}/{((CelNetwork)a[0]!).Prefix}", CelKind.Network);
    }

    static CelError NoAddress(object? text) => new($"{text} is no address");

    /// <summary>Strict: no zeros in front, no zones, no IPv4 in IPv6's clothes.</summary>
    static IPAddress? ParseAddress(string text)
    {
        if (text.Contains(':', StringComparison.Ordinal))
        {
            if (text.Any(c => !char.IsAsciiHexDigit(c) && c is not (':' or '.')) || !IPAddress.TryParse(text, out var address)) return null;
            return address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6 ? address : null;
        }
        var parts = text.Split('.');
        if (parts.Length != 4) return null;
        var bytes = new byte[4];
        for (var i = 0; i < 4; i++)
        {
            if (parts[i].Length == 0 || (parts[i].Length > 1 && parts[i][0] == '0') || !byte.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out bytes[i])) return null;
        }
        return new IPAddress(bytes);
    }

    static CelNetwork? ParseNetwork(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || ParseAddress(text[..slash]) is not { } address) return null;
        var length = text[(slash + 1)..];
        if (length.Length == 0 || (length.Length > 1 && length[0] == '0') || !byte.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var prefix)) return null;
        return prefix <= (address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128) ? new CelNetwork(address, prefix) : null;
    }

    static string AddressText(IPAddress address)
    {
        var text = new byte[Export.AddressText.Longest];
        return Encoding.ASCII.GetString(text, 0, Export.AddressText.Format(address.GetAddressBytes(), text));
    }

    static bool Contains(CelNetwork network, IPAddress address) =>
        network.Address.AddressFamily == address.AddressFamily && Masked(network).Address.Equals(Masked(network with { Address = address }).Address);

    static bool Contains(CelNetwork network, CelNetwork other) => other.Prefix >= network.Prefix && Contains(network, other.Address);

    static CelNetwork Masked(CelNetwork network)
    {
        var bytes = network.Address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var bits = Math.Clamp(network.Prefix - i * 8, 0, 8);
            bytes[i] &= (byte)(0xff << (8 - bits));
        }
        return network with { Address = new IPAddress(bytes) };
    }

    static bool IsLinkLocal(IPAddress address) => address.IsIPv6LinkLocal || (address.GetAddressBytes() is [169, 254, _, _]);

    static bool IsLinkLocalMulticast(IPAddress address) => address.GetAddressBytes() is [224, 0, 0, _] || (address.GetAddressBytes() is [0xff, var scope, ..] and { Length: 16 } && (scope & 15) == 2);

    static bool IsGlobal(IPAddress address) => !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any) && !address.Equals(IPAddress.Broadcast)
        && !IPAddress.IsLoopback(address) && !IsLinkLocal(address) && !address.IsIPv6Multicast && address.GetAddressBytes() is not [>= 224 and <= 239, _, _, _];
}
