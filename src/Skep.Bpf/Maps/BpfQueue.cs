using System.Runtime.InteropServices;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A queue (first in, first out) or a stack (last in, first out) of structs. Requires at least Linux 4.20.</summary>
public sealed class BpfQueue<T> : IDisposable where T : unmanaged
{
    /// <summary>Views <paramref name="map"/> through this type.</summary>
    /// <exception cref="BpfException">The size differs from the map's, or it is neither queue nor stack.</exception>
    public BpfQueue(BpfMap map)
    {
        TypeSizes.CheckType(map, MapType.Queue, MapType.Stack);
        TypeSizes.CheckValue<T>(map, map.UserValueSize);
        Map = map;
    }

    /// <summary>The map itself.</summary>
    public BpfMap Map { get; }

    /// <summary>Adds an element; false when the map is full.</summary>
    public bool TryPush(in T value)
    {
        var result = MapCalls.Update(Map.Fd, default, Bytes(in value), (ulong)MapUpdateFlags.Any);
        return result >= 0 || (result == -Errno.E2BIG ? false : throw Map.Failure("push to", -result));
    }

    /// <summary>Adds an element; when the map is full, its oldest element makes room.</summary>
    public void PushOverOldest(in T value) => Map.Update(default, Bytes(in value), MapUpdateFlags.Exist);

    /// <summary>Takes the next element; false when there is none.</summary>
    public bool TryPop(out T value)
    {
        value = default;
        return Map.TryLookupAndDelete(default, MemoryMarshal.AsBytes(new Span<T>(ref value)));
    }

    /// <summary>Copies the next element and leaves it; false when there is none.</summary>
    public bool TryPeek(out T value)
    {
        value = default;
        return Map.TryLookup(default, MemoryMarshal.AsBytes(new Span<T>(ref value)));
    }

    /// <inheritdoc/>
    public void Dispose() => Map.Dispose();

    static ReadOnlySpan<byte> Bytes(in T value) => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value));
}
