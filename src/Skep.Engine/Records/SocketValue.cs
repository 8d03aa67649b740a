using System.Runtime.InteropServices;

namespace Skep.Engine.Records;

/// <summary>A socket as it was at the hook; <c>struct socket_value</c> of <c>bpf/engine.h</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 80)]
public readonly struct SocketValue
{
    /// <summary>Address family (<c>AF_*</c>).</summary>
    [FieldOffset(0)] public readonly ushort Family;

    /// <summary><c>SOCK_*</c>.</summary>
    [FieldOffset(2)] public readonly ushort Type;

    /// <summary><c>IPPROTO_*</c>.</summary>
    [FieldOffset(4)] public readonly ushort Protocol;

    /// <summary><c>TCP_*</c>; of other protocols too the kernel keeps it in these terms.</summary>
    [FieldOffset(6)] public readonly ushort State;

    /// <summary>Mark for routing and filtering.</summary>
    [FieldOffset(8)] public readonly uint Mark;

    /// <summary>Priority of queuing.</summary>
    [FieldOffset(12)] public readonly uint Priority;

    /// <summary>The local address.</summary>
    [FieldOffset(16)] public readonly AddressBytes Source;

    /// <summary>The remote address.</summary>
    [FieldOffset(32)] public readonly AddressBytes Destination;

    /// <summary>The local port.</summary>
    [FieldOffset(48)] public readonly ushort SourcePort;

    /// <summary>The remote port.</summary>
    [FieldOffset(50)] public readonly ushort DestinationPort;

    /// <summary>Index of the device that it is bound to; 0 for none.</summary>
    [FieldOffset(52)] public readonly uint Interface;

    /// <summary>Where the kernel keeps it: the same for the same socket while it lives.</summary>
    [FieldOffset(56)] public readonly ulong Address;

    /// <summary>Its cookie; 0 when it has none yet.</summary>
    [FieldOffset(64)] public readonly ulong Cookie;

    /// <summary>Inode of its network namespace.</summary>
    [FieldOffset(72)] public readonly uint NetworkNamespace;
}
