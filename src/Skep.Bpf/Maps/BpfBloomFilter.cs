using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>
/// A set that may say yes wrongly but never no wrongly; elements cannot be deleted. The number of hash functions is
/// <see cref="MapSpec.Extra"/> (1 to 15, 0 means 5). Requires at least Linux 5.16.
/// </summary>
public sealed class BpfBloomFilter<T> : IDisposable where T : unmanaged
{
    /// <summary>Views <paramref name="map"/> through this type.</summary>
    /// <exception cref="BpfException">The size differs from the map's, or it is no bloom filter.</exception>
    public BpfBloomFilter(BpfMap map)
    {
        TypeSizes.CheckType(map, MapType.BloomFilter);
        TypeSizes.CheckValue<T>(map, map.UserValueSize);
        Map = map;
    }

    /// <summary>The map itself.</summary>
    public BpfMap Map { get; }

    /// <summary>Adds a value.</summary>
    public void Add(in T value) => Map.Update(default, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    /// <summary>False when the value was certainly never added.</summary>
    public bool MayContain(T value) => Map.TryLookup(default, MemoryMarshal.AsBytes(new Span<T>(ref value)));

    /// <inheritdoc/>
    public void Dispose() => Map.Dispose();
}
