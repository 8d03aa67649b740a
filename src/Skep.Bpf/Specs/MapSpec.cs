namespace Skep.Bpf;

/// <summary>A map to be created. Pure data, editable before load.</summary>
public sealed class MapSpec
{
    byte[]? _data;
    int _zeroedSize;

    /// <summary>Name in the object; the kernel keeps its first 15 bytes.</summary>
    public required string Name { get; init; }

    /// <summary>Kind of map.</summary>
    public MapType Type { get; set; }

    /// <summary>Bytes of a key; 0 for kinds without keys.</summary>
    public uint KeySize { get; set; }

    /// <summary>Bytes of a value; 0 for kinds without values.</summary>
    public uint ValueSize { get; set; }

    /// <summary>Number of elements; for ring buffers the size in bytes, for arenas the number of pages. 0 lets the library choose where the kernel needs a number (CPUs for perf event arrays).</summary>
    public uint MaxEntries { get; set; }

    /// <summary>Creation flags.</summary>
    public MapFlags Flags { get; set; }

    /// <summary>Kind-specific extra: number of bloom hashes, fixed address of an arena.</summary>
    public ulong Extra { get; set; }

    /// <summary>NUMA node, with <see cref="MapFlags.NumaNode"/>.</summary>
    public uint NumaNode { get; set; }

    /// <summary>Network interface index for offloaded maps; 0 for none.</summary>
    public uint InterfaceIndex { get; set; }

    /// <summary>How the map is pinned when the object is loaded.</summary>
    public PinMode Pinning { get; set; }

    /// <summary>Template of the inner maps, for maps of maps.</summary>
    public MapSpec? InnerMap { get; set; }

    /// <summary>BTF ids of key and value in the object's BTF; 0 when untyped.</summary>
    public uint KeyTypeId { get; set; }

    /// <inheritdoc cref="KeyTypeId"/>
    public uint ValueTypeId { get; set; }

    /// <summary>Initial content: raw keys and values, or the names of programs and inner maps, put in after creation.</summary>
    public IReadOnlyList<MapEntry> Contents { get; set; } = [];

    /// <summary>
    /// For a data section (<c>.rodata</c>, <c>.data</c>, <c>.bss</c>, <c>.kconfig</c> …): the initial value of its single element;
    /// for an arena, the initial bytes of its global variables; null for other maps.
    /// </summary>
    public byte[]? Data
    {
        get => _data ??= _zeroedSize > 0 ? new byte[_zeroedSize] : null;
        set => (_data, _zeroedSize) = (value, 0);
    }

    /// <summary>Whether the map is frozen after its content is in place, as read-only data sections are.</summary>
    public bool Freeze { get; set; }

    /// <summary>For struct_ops: the kernel struct's name (without <c>bpf_struct_ops_</c>) and the member programs by member name.</summary>
    public StructOpsSpec? StructOps { get; set; }

    /// <summary>Whether <see cref="BpfObject"/> creates it.</summary>
    public bool AutoCreate { get; set; } = true;

    /// <summary>Visibility to other objects.</summary>
    public Linkage Linkage { get; init; } = Linkage.Global;

    /// <summary>Whether another object's strong definition replaces this one when objects are linked.</summary>
    public bool IsWeak { get; init; }

    /// <summary>Alignment in bytes that a data section asks for.</summary>
    internal int Alignment { get; init; } = 8;

    /// <summary>For a data section: addresses of symbols that its variables hold, by byte offset. BPF cannot express them; a program that reads one is refused.</summary>
    internal SortedList<int, string> Addresses { get; } = [];

    /// <summary>A section without bits: its zeros are made when they are first asked for, for an object's <c>.bss</c> may be far larger than its file.</summary>
    internal int ZeroedSize
    {
        set => (_data, _zeroedSize) = (null, value);
    }

    /// <summary>Whether its content is all zero and was not asked for yet.</summary>
    internal bool IsZeroed => _data is null && _zeroedSize > 0;

    /// <summary>Whether this is a section of variables: an array of one element with an initial value.</summary>
    internal bool IsDataSection => Type == MapType.Array && (_data is not null || _zeroedSize > 0);

    /// <summary>An independent copy under another name, with type ids mapped; content that names programs and maps is left out.</summary>
    internal MapSpec Copy(string name, Func<uint, uint> mapType) => new()
    {
        Name = name,
        Type = Type,
        KeySize = KeySize,
        ValueSize = ValueSize,
        MaxEntries = MaxEntries,
        Flags = Flags,
        Extra = Extra,
        NumaNode = NumaNode,
        InterfaceIndex = InterfaceIndex,
        Pinning = Pinning,
        InnerMap = InnerMap?.Copy(InnerMap.Name, mapType),
        KeyTypeId = mapType(KeyTypeId),
        ValueTypeId = mapType(ValueTypeId),
        Freeze = Freeze,
        AutoCreate = AutoCreate,
        Linkage = Linkage,
        IsWeak = IsWeak,
        Alignment = Alignment,
        _data = (byte[]?)_data?.Clone(),
        _zeroedSize = _zeroedSize,
    };
}
