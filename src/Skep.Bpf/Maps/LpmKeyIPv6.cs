using System.Net;
using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>Key of a longest-prefix-match trie over IPv6 addresses (<c>struct bpf_lpm_trie_key</c> with sixteen address bytes).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public readonly record struct LpmKeyIPv6
{
    readonly uint _prefixLength;
    // Network byte order, as it lies in memory.
    readonly ulong _high, _low;

    /// <summary>Creates a prefix, or with length 128 the key of a lookup.</summary>
    public LpmKeyIPv6(IPAddress address, int prefixLength = 128)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentOutOfRangeException.ThrowIfNegative(prefixLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(prefixLength, 128);
        Span<byte> bytes = stackalloc byte[16];
        if (!address.TryWriteBytes(bytes, out var written) || written != 16) throw new ArgumentException($"{address} is no IPv6 address", nameof(address));
        (_prefixLength, _high, _low) = ((uint)prefixLength, MemoryMarshal.Read<ulong>(bytes), MemoryMarshal.Read<ulong>(bytes[8..]));
    }

    /// <summary>Creates the key of a network.</summary>
    public LpmKeyIPv6(IPNetwork network) : this(network.BaseAddress, network.PrefixLength) { }

    /// <summary>Bits of the address that count, 0 to 128.</summary>
    public int PrefixLength => (int)_prefixLength;

    /// <summary>The address.</summary>
    public IPAddress Address
    {
        get
        {
            Span<byte> bytes = stackalloc byte[16];
            MemoryMarshal.Write(bytes, in _high);
            MemoryMarshal.Write(bytes[8..], in _low);
            return new IPAddress(bytes);
        }
    }

    /// <summary>The prefix in CIDR notation.</summary>
    public override string ToString() => $"{Address}/{PrefixLength}";
}
