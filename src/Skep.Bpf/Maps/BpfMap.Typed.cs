using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>
/// A map whose keys and values are unmanaged structs laid out as the C types. It is a view: <see cref="Map"/> is the map itself, and disposing
/// either closes both. Operations do not allocate.
/// </summary>
/// <typeparam name="TKey">The key, padding included.</typeparam>
/// <typeparam name="TValue">The value, padding included. For per-CPU maps use <see cref="BpfPerCpuMap{TKey, TValue}"/>.</typeparam>
public sealed class BpfMap<TKey, TValue> : IDisposable where TKey : unmanaged where TValue : unmanaged
{
    /// <summary>Views <paramref name="map"/> through these types.</summary>
    /// <exception cref="BpfException">A size differs from the map's.</exception>
    public BpfMap(BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (map.IsPerCpu) throw new BpfException($"map '{map.Name}' has one value per CPU: use BpfPerCpuMap");
        TypeSizes.CheckKey<TKey>(map);
        TypeSizes.CheckValue<TValue>(map, map.UserValueSize);
        Map = map;
    }

    /// <summary>The map itself.</summary>
    public BpfMap Map { get; }

    /// <summary>Reads and writes elements; reading an absent one throws.</summary>
    /// <exception cref="KeyNotFoundException">The element read does not exist.</exception>
    public TValue this[TKey key]
    {
        get => TryLookup(in key, out var value) ? value : throw new KeyNotFoundException($"map '{Map.Name}' has no element {key}");
        set => Update(in key, in value);
    }

    /// <inheritdoc cref="BpfMap.TryLookup"/>
    public bool TryLookup(in TKey key, out TValue value, MapLookupFlags flags = MapLookupFlags.None)
    {
        value = default;
        return Map.TryLookup(Bytes(in key), MemoryMarshal.AsBytes(new Span<TValue>(ref value)), flags);
    }

    /// <inheritdoc cref="BpfMap.Update"/>
    public void Update(in TKey key, in TValue value, MapUpdateFlags flags = MapUpdateFlags.Any) => Map.Update(Bytes(in key), Bytes(in value), flags);

    /// <inheritdoc cref="BpfMap.TryUpdate"/>
    public bool TryUpdate(in TKey key, in TValue value, MapUpdateFlags flags) => Map.TryUpdate(Bytes(in key), Bytes(in value), flags);

    /// <summary>Creates an element; false when it exists.</summary>
    public bool TryAdd(in TKey key, in TValue value) => TryUpdate(in key, in value, MapUpdateFlags.NoExist);

    /// <inheritdoc cref="BpfMap.Delete"/>
    public bool Delete(in TKey key) => Map.Delete(Bytes(in key));

    /// <inheritdoc cref="BpfMap.TryLookupAndDelete"/>
    public bool TryLookupAndDelete(in TKey key, out TValue value, MapLookupFlags flags = MapLookupFlags.None)
    {
        value = default;
        return Map.TryLookupAndDelete(Bytes(in key), MemoryMarshal.AsBytes(new Span<TValue>(ref value)), flags);
    }

    /// <summary>The keys; see <see cref="MapKeys{TKey}"/> for what concurrent changes do.</summary>
    public MapKeys<TKey> Keys => new(Map);

    /// <summary>Iterates over elements; see <see cref="MapKeys{TKey}"/> for what concurrent changes do. The loop may delete the current element.</summary>
    public MapEnumerator<TKey, TValue> GetEnumerator() => new(this);

    /// <summary>Reads the map in batches; see <see cref="MapBatchReader"/>.</summary>
    public MapBatchReader<TKey, TValue> ReadBatches(int batchSize = 256) => new(Map.ReadBatches(batchSize));

    /// <summary>Empties the map in batches; see <see cref="MapBatchReader"/>.</summary>
    public MapBatchReader<TKey, TValue> DrainBatches(int batchSize = 256) => new(Map.DrainBatches(batchSize));

    /// <summary>Writes many elements; see <see cref="BpfMap.UpdateBatch"/>.</summary>
    public void UpdateBatch(ReadOnlySpan<TKey> keys, ReadOnlySpan<TValue> values, MapUpdateFlags flags = MapUpdateFlags.Any) =>
        Map.UpdateBatch(MemoryMarshal.AsBytes(keys), MemoryMarshal.AsBytes(values), flags);

    /// <summary>Deletes many elements and returns how many existed; see <see cref="BpfMap.DeleteBatch"/>.</summary>
    public int DeleteBatch(ReadOnlySpan<TKey> keys) => Map.DeleteBatch(MemoryMarshal.AsBytes(keys));

    /// <inheritdoc/>
    public void Dispose() => Map.Dispose();

    static ReadOnlySpan<byte> Bytes<T>(in T value) where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value));
}
