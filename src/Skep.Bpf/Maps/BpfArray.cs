using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>An array map of structs: every index below <see cref="Count"/> exists, zeroed at first, and none can be deleted.</summary>
public sealed class BpfArray<T> : IDisposable where T : unmanaged
{
    /// <summary>Views <paramref name="map"/> through this type.</summary>
    /// <exception cref="BpfException">The size differs from the map's, or it is no array.</exception>
    public BpfArray(BpfMap map)
    {
        TypeSizes.CheckType(map, MapType.Array);
        TypeSizes.CheckValue<T>(map, map.UserValueSize);
        Map = map;
    }

    /// <summary>The map itself.</summary>
    public BpfMap Map { get; }

    /// <summary>Number of elements.</summary>
    public int Count => (int)Map.MaxEntries;

    /// <summary>Reads or writes an element by a system call; see <see cref="MapMemory"/> for access without one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not below <see cref="Count"/>.</exception>
    public T this[int index]
    {
        get
        {
            var value = default(T);
            CheckIndex(index);
            return Map.TryLookup(Key(in index), MemoryMarshal.AsBytes(new Span<T>(ref value)))
                ? value
                : throw new ArgumentOutOfRangeException(nameof(index));
        }
        set
        {
            CheckIndex(index);
            Map.Update(Key(in index), MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));
        }
    }

    /// <summary>Copies all elements, with few system calls where the kernel has batches.</summary>
    public T[] ToArray()
    {
        var result = new T[Count];
        using var reader = new MapBatchReader<uint, T>(Map.ReadBatches(Math.Min(Count, 1024)));
        while (reader.Read())
        {
            for (var i = 0; i < reader.Count; i++) result[(int)reader.Keys[i]] = reader.Values[i];
        }
        return result;
    }

    /// <summary>Maps the array into this process; it must have been created with <see cref="MapFlags.MemoryMappable"/>. Requires at least Linux 5.5.</summary>
    public MappedMap MapMemory(bool writable = true) => Map.MapMemory(writable);

    /// <inheritdoc/>
    public void Dispose() => Map.Dispose();

    static ReadOnlySpan<byte> Key(in int index) => MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in index));

    void CheckIndex(int index) => ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, Map.MaxEntries, nameof(index));
}
