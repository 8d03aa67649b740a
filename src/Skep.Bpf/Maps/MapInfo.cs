namespace Skep.Bpf;

/// <summary>What the kernel knows about a map (<c>BPF_OBJ_GET_INFO_BY_FD</c> and <c>/proc/self/fdinfo</c>).</summary>
public sealed record MapInfo
{
    /// <summary>Number that names the map in the whole system until it is freed.</summary>
    public required uint Id { get; init; }

    /// <summary>The name as the kernel keeps it: at most 15 bytes.</summary>
    public required string Name { get; init; }

    /// <summary>Kind of map.</summary>
    public required MapType Type { get; init; }

    /// <summary>Bytes of a key.</summary>
    public uint KeySize { get; init; }

    /// <summary>Bytes of a value.</summary>
    public uint ValueSize { get; init; }

    /// <summary>Capacity.</summary>
    public uint MaxEntries { get; init; }

    /// <summary>Creation flags.</summary>
    public MapFlags Flags { get; init; }

    /// <summary>Kind-specific extra; 0 before Linux 5.16.</summary>
    public ulong Extra { get; init; }

    /// <summary>Id of the BTF object that types keys and values; 0 for none.</summary>
    public uint BtfId { get; init; }

    /// <summary>Type of the keys in that BTF object; 0 for none.</summary>
    public uint KeyTypeId { get; init; }

    /// <summary>Type of the values in that BTF object; 0 for none.</summary>
    public uint ValueTypeId { get; init; }

    /// <summary>Type of the value in the kernel's BTF, for struct_ops; 0 for others.</summary>
    public uint KernelValueTypeId { get; init; }

    /// <summary>Network interface of an offloaded map; 0 for none.</summary>
    public uint InterfaceIndex { get; init; }

    /// <summary>Whether user space may no longer change it; null when /proc does not tell.</summary>
    public bool? IsFrozen { get; init; }

    /// <summary>Bytes of kernel memory that the map takes; null when /proc does not tell.</summary>
    public long? MemoryBytes { get; init; }
}
