using System.Runtime.InteropServices;

namespace Skep.Engine.Records;

/// <summary>An address given to or by a socket; <c>struct sockaddr_value</c> of <c>bpf/engine.h</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
public readonly struct SocketAddressValue
{
    /// <summary>Address family (<c>AF_*</c>).</summary>
    [FieldOffset(0)] public readonly ushort Family;

    /// <summary>Port.</summary>
    [FieldOffset(2)] public readonly ushort Port;

    /// <summary>Scope of an IPv6 address.</summary>
    [FieldOffset(4)] public readonly uint Interface;

    /// <summary>The address.</summary>
    [FieldOffset(8)] public readonly AddressBytes Address;
}
