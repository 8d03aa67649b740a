namespace Skep.Bpf.Interpreter;

/// <summary>A piece of the machine's memory: a stack frame, a context, a packet, a map value.</summary>
public sealed class MemoryRegion
{
    readonly byte[] _bytes;

    internal MemoryRegion(string name, byte[] bytes, bool writable, ulong address, int elementSize, int stride)
    {
        Name = name;
        _bytes = bytes;
        IsWritable = writable;
        Address = address;
        ElementSize = elementSize;
        Stride = stride;
    }

    /// <summary>What it is, for messages.</summary>
    public string Name { get; }

    /// <summary>Address of its first byte.</summary>
    public ulong Address { get; }

    /// <summary>Whether programs may store to it.</summary>
    public bool IsWritable { get; }

    /// <summary>Its bytes.</summary>
    public Span<byte> Bytes => _bytes;

    /// <summary>
    /// Fields of a context that hold pointers although they are four bytes wide, by offset, as <c>xdp_md.data</c>: the kernel rewrites
    /// such a load to one of the pointer (net/core/filter.c: xdp_convert_ctx_access).
    /// </summary>
    public Dictionary<int, ulong> PointerFields { get; } = [];

    /// <summary>The map that this address stands for; the bytes of a map itself cannot be read.</summary>
    internal VirtualMap? Map { get; init; }

    int ElementSize { get; }

    int Stride { get; }

    internal bool Contains(ulong offset, int size) =>
        offset <= (ulong)_bytes.Length && (ulong)size <= (ulong)_bytes.Length - offset
        && (Stride == 0 || (int)(offset % (ulong)Stride) + size <= ElementSize);
}
