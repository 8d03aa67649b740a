using System.Net;
using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>Key of a longest-prefix-match trie over IPv4 addresses (<c>struct bpf_lpm_trie_key</c> with four address bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct LpmKeyIPv4
{
    readonly uint _prefixLength;
    // Network byte order, as it lies in memory.
    readonly uint _address;

    /// <summary>Creates a prefix, or with length 32 the key of a lookup.</summary>
    public LpmKeyIPv4(IPAddress address, int prefixLength = 32)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentOutOfRangeException.ThrowIfNegative(prefixLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(prefixLength, 32);
        Span<byte> bytes = stackalloc byte[4];
        if (!address.TryWriteBytes(bytes, out var written) || written != 4) throw new ArgumentException($"{address} is no IPv4 address", nameof(address));
        (_prefixLength, _address) = ((uint)prefixLength, MemoryMarshal.Read<uint>(bytes));
    }

    /// <summary>Creates the key of a network.</summary>
    public LpmKeyIPv4(IPNetwork network) : this(network.BaseAddress, network.PrefixLength) { }

    /// <summary>Bits of the address that count, 0 to 32.</summary>
    public int PrefixLength => (int)_prefixLength;

    /// <summary>The address.</summary>
    public IPAddress Address => new(_address);

    /// <summary>The prefix in CIDR notation.</summary>
    public override string ToString() => $"{Address}/{PrefixLength}";
}
