using System.Runtime.InteropServices;

namespace Skep.Engine.Records;

/// <summary>A packet as it was at the hook; <c>struct skb_value</c> of <c>bpf/engine.h</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
public readonly struct SkbValue
{
    /// <summary>Hash of its flow.</summary>
    [FieldOffset(0)] public readonly uint Hash;

    /// <summary>Bytes.</summary>
    [FieldOffset(4)] public readonly uint Length;

    /// <summary>Mark for routing and filtering.</summary>
    [FieldOffset(8)] public readonly uint Mark;

    /// <summary>Priority of queuing.</summary>
    [FieldOffset(12)] public readonly uint Priority;

    /// <summary>Who sent it.</summary>
    [FieldOffset(16)] public readonly AddressBytes Source;

    /// <summary>Who shall get it.</summary>
    [FieldOffset(32)] public readonly AddressBytes Destination;

    /// <summary>Port of the sender.</summary>
    [FieldOffset(48)] public readonly ushort SourcePort;

    /// <summary>Port of the receiver.</summary>
    [FieldOffset(50)] public readonly ushort DestinationPort;

    /// <summary>Address family (<c>AF_*</c>).</summary>
    [FieldOffset(52)] public readonly ushort Family;

    /// <summary><c>IPPROTO_*</c>.</summary>
    [FieldOffset(54)] public readonly ushort Protocol;

    /// <summary>Length of the IPsec path.</summary>
    [FieldOffset(56)] public readonly uint SecurityPathLength;

    /// <summary>Its length before transformations.</summary>
    [FieldOffset(60)] public readonly uint SecurityPathOriginalLength;

    /// <summary>Index of its device.</summary>
    [FieldOffset(64)] public readonly uint Interface;

    /// <summary><c>ETH_P_*</c>, host order.</summary>
    [FieldOffset(68)] public readonly ushort EtherType;
}
