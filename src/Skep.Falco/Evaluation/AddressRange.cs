using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Skep.Falco.Evaluation;

/// <summary>A network: the bits of an address that count.</summary>
readonly struct AddressRange
{
    readonly byte[] _address;
    readonly int _prefix;

    AddressRange(IPAddress address, int prefix) => (_address, _prefix) = (address.GetAddressBytes(), prefix);

    public static bool TryParseAddress(string text, out AddressRange range)
    {
        range = default;
        // Which family it is, a dot decides; a number alone is no address.
        if (!text.Contains('.', StringComparison.Ordinal) && !text.Contains(':', StringComparison.Ordinal)) return false;
        if (!IPAddress.TryParse(text, out var address) || (address.AddressFamily == AddressFamily.InterNetwork && text.Count(c => c == '.') != 3)) return false;
        range = new(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
        return true;
    }

    public static bool TryParseNetwork(string text, out AddressRange range)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!TryParseAddress(slash < 0 ? text : text[..slash], out range)) return false;
        if (slash < 0) return true;
        if (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var prefix) || prefix > range._address.Length * 8) return false;
        range = new(new(range._address), prefix);
        return true;
    }

    public bool Contains(ReadOnlySpan<byte> address)
    {
        if (address.Length != _address.Length) return false;
        var whole = _prefix / 8;
        if (!address[..whole].SequenceEqual(_address.AsSpan(0, whole))) return false;
        return _prefix % 8 == 0 || (address[whole] ^ _address[whole]) >> (8 - _prefix % 8) == 0;
    }
}
