using System.Runtime.InteropServices;

namespace Skep.Engine.Records;

/// <summary>A BPF map; <c>struct bpf_map_value</c> of <c>bpf/engine.h</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
public readonly struct BpfMapValue
{
    /// <summary><c>BPF_MAP_TYPE_*</c>.</summary>
    [FieldOffset(0)] public readonly uint Type;

    /// <summary>Bytes of a key.</summary>
    [FieldOffset(4)] public readonly uint KeySize;

    /// <summary>Bytes of a value.</summary>
    [FieldOffset(8)] public readonly uint ValueSize;

    /// <summary>Most entries.</summary>
    [FieldOffset(12)] public readonly uint MaxEntries;

    /// <summary>Its name.</summary>
    [FieldOffset(16)] public readonly ShortName Name;
}
