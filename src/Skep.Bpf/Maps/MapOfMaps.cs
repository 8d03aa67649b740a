using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>An array or hash whose values are maps of one kind. Requires at least Linux 4.12.</summary>
public sealed class MapOfMaps<TKey> : IDisposable where TKey : unmanaged
{
    /// <summary>Views <paramref name="map"/> through this key type.</summary>
    /// <exception cref="BpfException">The key's size differs from the map's, or it is no map of maps.</exception>
    public MapOfMaps(BpfMap map)
    {
        TypeSizes.CheckType(map, MapType.ArrayOfMaps, MapType.HashOfMaps);
        TypeSizes.CheckKey<TKey>(map);
        Map = map;
    }

    /// <summary>The outer map itself.</summary>
    public BpfMap Map { get; }

    /// <summary>Puts an inner map there; the outer map then holds it.</summary>
    public void Set(in TKey key, BpfMap inner, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        ArgumentNullException.ThrowIfNull(inner);
        var fd = inner.Fd.Value;
        Map.Update(Key(in key), MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in fd)), flags);
        GC.KeepAlive(inner);
    }

    /// <summary>Removes an inner map; false when there is none.</summary>
    public bool Delete(in TKey key) => Map.Delete(Key(in key));

    /// <summary>The id of an inner map; false when there is none. Requires at least Linux 4.14.</summary>
    public bool TryGetId(in TKey key, out uint id)
    {
        id = 0;
        return Map.TryLookup(Key(in key), MemoryMarshal.AsBytes(new Span<uint>(ref id)));
    }

    /// <summary>Opens an inner map, which the caller closes; null when there is none. Needs CAP_SYS_ADMIN.</summary>
    public BpfMap? Open(in TKey key) => TryGetId(in key, out var id) ? BpfMap.FromId(id) : null;

    /// <summary>The keys; see <see cref="MapKeys{TKey}"/> for what concurrent changes do. Array keys come whether they hold a map or not.</summary>
    public MapKeys<TKey> Keys => new(Map);

    /// <inheritdoc/>
    public void Dispose() => Map.Dispose();

    static ReadOnlySpan<byte> Key(in TKey key) => MemoryMarshal.AsBytes(new ReadOnlySpan<TKey>(in key));
}
