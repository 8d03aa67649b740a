using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Skep.Engine.Records;

/// <summary>An IPv6 address, or an IPv4 one in the first four bytes, in network order.</summary>
[InlineArray(16)]
public struct AddressBytes
{
    byte _first;

    /// <summary>The bytes of an IPv4 address.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> V4 => this[..4];

    /// <summary>The bytes of an IPv6 address.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> V6 => this[..];
}
