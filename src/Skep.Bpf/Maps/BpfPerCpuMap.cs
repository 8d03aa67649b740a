using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>
/// A per-CPU hash or array. Values are spans with one element for each CPU of <see cref="PossibleCpus.Ids"/>; the padding to 8 bytes that the
/// kernel's format has is taken care of.
/// </summary>
public sealed class BpfPerCpuMap<TKey, TValue> : IDisposable where TKey : unmanaged where TValue : unmanaged
{
    readonly int _slotSize;

    /// <summary>Views <paramref name="map"/> through these types.</summary>
    /// <exception cref="BpfException">A size differs from the map's, or it has no per-CPU values.</exception>
    public BpfPerCpuMap(BpfMap map)
    {
        TypeSizes.CheckType(map, MapType.PerCpuHash, MapType.PerCpuArray, MapType.LruPerCpuHash, MapType.PerCpuCgroupStorage);
        TypeSizes.CheckKey<TKey>(map);
        TypeSizes.CheckValue<TValue>(map, (int)map.ValueSize);
        Map = map;
        _slotSize = BpfMap.SlotSize(map.ValueSize);
    }

    /// <summary>The map itself.</summary>
    public BpfMap Map { get; }

    /// <summary>Copies each CPU's value; false when there is no such element.</summary>
    /// <param name="key">The key.</param>
    /// <param name="values">Room for <see cref="PossibleCpus.Count"/> values.</param>
    public bool TryLookup(in TKey key, Span<TValue> values)
    {
        CheckCount(values.Length);
        var keyBytes = MemoryMarshal.AsBytes(new ReadOnlySpan<TKey>(in key));
        if (Unsafe.SizeOf<TValue>() == _slotSize) return Map.TryLookup(keyBytes, MemoryMarshal.AsBytes(values));
        var slots = ArrayPool<byte>.Shared.Rent(Map.UserValueSize);
        try
        {
            if (!Map.TryLookup(keyBytes, slots.AsSpan(0, Map.UserValueSize))) return false;
            CopyValues(slots, values);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(slots);
        }
    }

    /// <summary>Sets each CPU's value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="values"><see cref="PossibleCpus.Count"/> values.</param>
    /// <param name="flags">Whether the element must or must not exist.</param>
    public void Update(in TKey key, ReadOnlySpan<TValue> values, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        CheckCount(values.Length);
        var keyBytes = MemoryMarshal.AsBytes(new ReadOnlySpan<TKey>(in key));
        if (Unsafe.SizeOf<TValue>() == _slotSize)
        {
            Map.Update(keyBytes, MemoryMarshal.AsBytes(values), flags);
            return;
        }
        var slots = ArrayPool<byte>.Shared.Rent(Map.UserValueSize);
        try
        {
            slots.AsSpan(0, Map.UserValueSize).Clear();
            for (var i = 0; i < values.Length; i++) MemoryMarshal.Write(slots.AsSpan(i * _slotSize), in values[i]);
            Map.Update(keyBytes, slots.AsSpan(0, Map.UserValueSize), flags);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(slots);
        }
    }

    /// <inheritdoc cref="BpfMap.Delete"/>
    public bool Delete(in TKey key) => Map.Delete(MemoryMarshal.AsBytes(new ReadOnlySpan<TKey>(in key)));

    /// <summary>The keys; see <see cref="MapKeys{TKey}"/> for what concurrent changes do.</summary>
    public MapKeys<TKey> Keys => new(Map);

    /// <summary>Splits the value of one element of a raw batch (<see cref="MapBatchReader.Values"/>) into the CPUs' values.</summary>
    public void CopyValues(ReadOnlySpan<byte> slots, Span<TValue> values)
    {
        for (var i = 0; i < values.Length; i++) values[i] = MemoryMarshal.Read<TValue>(slots[(i * _slotSize)..]);
    }

    /// <inheritdoc/>
    public void Dispose() => Map.Dispose();

    void CheckCount(int count)
    {
        if (count != PossibleCpus.Count) throw new ArgumentException($"map '{Map.Name}': {PossibleCpus.Count} CPUs need as many values, not {count}");
    }
}
