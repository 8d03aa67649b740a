using System.Diagnostics.CodeAnalysis;

namespace Skep.Bpf.Interpreter;

/// <summary>
/// The address space of a machine. A region starts at a multiple of 4 GiB and is smaller than that, so an address out of bounds, in either
/// direction, never falls into another region; the first 4 GiB are never mapped, so null and small numbers are no addresses.
/// </summary>
public sealed class VirtualMemory
{
    const int RegionBits = 32;

    readonly List<MemoryRegion?> _regions = [null];
    readonly Stack<int> _free = [];

    /// <summary>Makes an array visible to programs.</summary>
    public MemoryRegion Map(string name, byte[] bytes, bool writable = true)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        return Add(name, bytes, writable, 0, 0, null);
    }

    /// <summary>Removes a region; accesses to it fault from now on.</summary>
    public void Unmap(MemoryRegion region)
    {
        ArgumentNullException.ThrowIfNull(region);
        var index = (int)(region.Address >> RegionBits);
        if (index >= _regions.Count || _regions[index] != region) return;
        _regions[index] = null;
        _free.Push(index);
    }

    /// <summary>The region that an address lies in or just behind.</summary>
    public bool TryFind(ulong address, [NotNullWhen(true)] out MemoryRegion? region)
    {
        var index = address >> RegionBits;
        region = index < (ulong)_regions.Count ? _regions[(int)index] : null;
        return region is not null;
    }

    /// <summary>The bytes at an address, when all of them belong to one element of one region.</summary>
    public bool TryAccess(ulong address, int size, bool write, out Span<byte> bytes)
    {
        bytes = default;
        if (size < 0 || !TryFind(address, out var region)) return false;
        var offset = address - region.Address;
        if (!region.Contains(offset, size) || (write && !region.IsWritable) || region.Map is not null) return false;
        bytes = region.Bytes.Slice((int)offset, size);
        return true;
    }

    /// <summary>A region of equal elements with unmapped gaps between them, as the values of an array map.</summary>
    internal MemoryRegion MapElements(string name, byte[] bytes, bool writable, int elementSize, int stride) =>
        Add(name, bytes, writable, elementSize, stride, null);

    /// <summary>An address that stands for a map and holds no bytes.</summary>
    internal MemoryRegion MapHandle(VirtualMap map) => Add($"map '{map.Name}'", [], false, 0, 0, map);

    MemoryRegion Add(string name, byte[] bytes, bool writable, int elementSize, int stride, VirtualMap? map)
    {
        if (!_free.TryPop(out var index))
        {
            index = _regions.Count;
            _regions.Add(null);
        }
        return _regions[index] = new MemoryRegion(name, bytes, writable, (ulong)index << RegionBits, elementSize, stride) { Map = map };
    }
}
