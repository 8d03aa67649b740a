using System.Runtime.InteropServices;

namespace Skep.Engine.Records;

/// <summary>An address of a unix socket, whose path follows; <c>struct sockaddr_unix_value</c> of <c>bpf/engine.h</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
public readonly struct UnixAddressValue
{
    /// <summary><c>AF_UNIX</c>, or what the caller wrote instead.</summary>
    [FieldOffset(0)] public readonly ushort Family;

    /// <summary>Not 0 when the name is no path of a file system.</summary>
    [FieldOffset(2)] public readonly byte Abstract;

    /// <summary>Bytes of the path.</summary>
    [FieldOffset(4)] public readonly uint PathLength;
}
