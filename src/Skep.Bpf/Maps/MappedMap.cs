using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>
/// An array map, a data section or an arena mapped into this process: reads and writes need no system call and are seen by programs at once.
/// It outlives the map object that it came from. Spans taken from it must not be used after it was disposed;
/// a <see cref="Memory{T}"/> that is pinned delays the unmapping until it is unpinned.
/// </summary>
public sealed class MappedMap : MemoryManager<byte>
{
    readonly MemoryMapping _mapping;
    readonly int _length;
    bool _disposed;

    internal MappedMap(MemoryMapping mapping, int length, int stride, bool writable)
    {
        _mapping = mapping;
        _length = length;
        Stride = stride;
        IsWritable = writable;
    }

    /// <summary>Bytes between two elements: the value size rounded up to 8 (kernel/bpf/arraymap.c: array_map_alloc).</summary>
    public int Stride { get; }

    /// <summary>Whether stores are allowed; storing into a read-only mapping ends the process.</summary>
    public bool IsWritable { get; }

    /// <summary>Bytes of content.</summary>
    public int Length => _length;

    /// <summary>The address of the first byte: for arenas, the one that programs see too.</summary>
    public nuint Address => MappedMemoryPin.AddressOf(_mapping);

    /// <summary>All content.</summary>
    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _mapping.Slice(0, _length);
    }

    /// <summary>The bytes of element <paramref name="index"/>, padding included.</summary>
    public Span<byte> Element(int index) => GetSpan().Slice(checked(index * Stride), Stride);

    /// <summary>All elements as values of type <typeparamref name="T"/>, whose size must be <see cref="Stride"/> or, with one element, at most the length.</summary>
    public Span<T> Values<T>() where T : unmanaged
    {
        if (Unsafe.SizeOf<T>() != Stride) throw new BpfException($"elements lie {Stride} bytes apart, {typeof(T).Name} has {Unsafe.SizeOf<T>()}");
        return MemoryMarshal.Cast<byte, T>(GetSpan());
    }

    /// <summary>A reference to a value at a byte offset, for the variables of a data section.</summary>
    public ref T Value<T>(int offset = 0) where T : unmanaged => ref MemoryMarshal.AsRef<T>(GetSpan().Slice(offset, Unsafe.SizeOf<T>()));

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => MappedMemoryPin.Take(_mapping, elementIndex, this);

    /// <inheritdoc/>
    public override void Unpin() => _mapping.DangerousRelease();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _disposed = true;
        if (disposing) _mapping.Dispose();
    }
}
