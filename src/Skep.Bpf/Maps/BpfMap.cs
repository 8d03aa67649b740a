using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A map in the kernel. Closing it does not delete it while programs, pins or other maps hold it.</summary>
public partial class BpfMap : IDisposable
{
    internal BpfMap(FileDescriptor fd, string name, MapType type, uint keySize, uint valueSize, uint maxEntries, MapFlags flags)
    {
        Fd = fd;
        Name = name;
        Type = type;
        KeySize = keySize;
        ValueSize = valueSize;
        MaxEntries = maxEntries;
        Flags = flags;
        UserValueSize = SizeInUserSpace(type, valueSize);
    }

    /// <summary>The map's name, not shortened.</summary>
    public string Name { get; }

    /// <summary>Kind of map.</summary>
    public MapType Type { get; }

    /// <summary>Bytes of a key.</summary>
    public uint KeySize { get; }

    /// <summary>Bytes of a value; for per-CPU maps, of one CPU's value.</summary>
    public uint ValueSize { get; }

    /// <summary>Capacity in elements, or bytes for ring buffers.</summary>
    public uint MaxEntries { get; }

    /// <summary>Creation flags.</summary>
    public MapFlags Flags { get; }

    /// <summary>Kind-specific extra: number of bloom hashes, fixed address of an arena.</summary>
    public ulong Extra { get; internal init; }

    internal FileDescriptor Fd { get; }

    /// <summary>Creates an untyped map.</summary>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static BpfMap Create(MapSpec spec) => Create(spec, btfFd: 0, innerMapFd: 0);

    /// <summary>Creates an untyped map inside a user namespace. Requires at least Linux 6.9.</summary>
    /// <inheritdoc cref="Create(MapSpec)"/>
    public static BpfMap Create(MapSpec spec, BpfToken token) => Create(spec, btfFd: 0, innerMapFd: 0, token);

    internal static BpfMap Create(MapSpec spec, int btfFd, int innerMapFd, BpfToken? token = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        // A perf event array without a size has one slot for each CPU, as libbpf objects expect.
        var maxEntries = spec is { Type: MapType.PerfEventArray, MaxEntries: 0 } ? (uint)PossibleCpus.Count : spec.MaxEntries;
        var attr = new MapCreateAttr
        {
            MapType = (uint)spec.Type,
            KeySize = spec.KeySize,
            ValueSize = spec.ValueSize,
            MaxEntries = maxEntries,
            MapFlags = (uint)spec.Flags,
            InnerMapFd = innerMapFd,
            NumaNode = spec.NumaNode,
            MapName = BpfSyscall.Name(spec.Name),
            MapIfIndex = spec.InterfaceIndex,
            MapExtra = spec.Extra,
        };
        attr.Use(token);
        if (btfFd > 0)
        {
            (attr.BtfFd, attr.BtfKeyTypeId, attr.BtfValueTypeId) = (btfFd, spec.KeyTypeId, spec.ValueTypeId);
        }
        var fd = BpfSyscall.CallForFd(BpfCommand.MapCreate, ref attr, $"create map '{spec.Name}' ({spec.Type})");
        return new BpfMap(fd, spec.Name, spec.Type, spec.KeySize, spec.ValueSize, maxEntries, spec.Flags) { Extra = spec.Extra };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Fd.Dispose();
        GC.SuppressFinalize(this);
    }
}
