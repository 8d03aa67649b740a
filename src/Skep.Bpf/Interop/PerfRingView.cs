using System.Runtime.InteropServices;

namespace Skep.Bpf.Interop;

/// <summary><c>struct perf_event_header</c> (include/uapi/linux/perf_event.h).</summary>
[StructLayout(LayoutKind.Sequential)]
readonly record struct PerfRecordHeader(uint Type, ushort Misc, ushort Size)
{
    /// <summary><c>PERF_RECORD_LOST</c>: a count of records that found no room.</summary>
    public const uint Lost = 2;

    /// <summary><c>PERF_RECORD_SAMPLE</c>.</summary>
    public const uint Sample = 9;

    /// <summary>Bytes of the header itself.</summary>
    public const int Length = 8;
}

/// <summary>The memory of one perf event ring (include/uapi/linux/perf_event.h: struct perf_event_mmap_page): a page of positions, then the data, which may wrap.</summary>
readonly unsafe struct PerfRingView
{
    // Offsets of data_head, data_tail, data_offset and data_size in the first page.
    const int HeadOffset = 1024, TailOffset = 1032, DataOffset = 1040, SizeOffset = 1048;

    readonly byte* _page;
    readonly byte* _data;
    readonly ulong _size;

    public PerfRingView(MemoryMapping mapping)
    {
        _page = mapping.Address;
        var offset = *(ulong*)(_page + DataOffset);
        _size = *(ulong*)(_page + SizeOffset);
        // Zero before Linux 4.1; otherwise not to be trusted further than the mapping goes.
        if (offset == 0) (offset, _size) = ((ulong)Environment.SystemPageSize, (ulong)mapping.Length - (ulong)Environment.SystemPageSize);
        if (offset > mapping.Length || _size > mapping.Length - offset || (_size & (_size - 1)) != 0 || _size == 0)
        {
            throw new BpfFormatException($"perf ring: data of {_size} bytes at {offset} in a mapping of {mapping.Length}");
        }
        _data = _page + offset;
    }

    /// <summary>A ring at a given place, for tests.</summary>
    public PerfRingView(MemoryMapping mapping, ulong size)
    {
        _page = mapping.Address;
        _data = _page + Environment.SystemPageSize;
        _size = size;
    }

    /// <summary>Bytes that the ring holds.</summary>
    public ulong Capacity => _size;

    /// <summary>Where the kernel writes next. Reading it orders all later reads behind it.</summary>
    public ulong Head
    {
        get => Volatile.Read(ref *(ulong*)(_page + HeadOffset));
        set => Volatile.Write(ref *(ulong*)(_page + HeadOffset), value);
    }

    /// <summary>Up to where we have read. Writing it orders all earlier reads before it.</summary>
    public ulong Tail
    {
        get => Volatile.Read(ref *(ulong*)(_page + TailOffset));
        set => Volatile.Write(ref *(ulong*)(_page + TailOffset), value);
    }

    /// <summary>The header at a position; positions are multiples of 8, so a header never wraps.</summary>
    public PerfRecordHeader Header(ulong position) => *(PerfRecordHeader*)(_data + (position & (_size - 1) & ~7ul));

    /// <summary>The bytes from a position on: in place, or copied together into <paramref name="scratch"/> where they wrap.</summary>
    public ReadOnlySpan<byte> Bytes(ulong position, int length, Span<byte> scratch)
    {
        var start = position & (_size - 1);
        if (start + (ulong)length <= _size) return new ReadOnlySpan<byte>(_data + start, length);
        var first = (int)(_size - start);
        new ReadOnlySpan<byte>(_data + start, first).CopyTo(scratch);
        new ReadOnlySpan<byte>(_data, length - first).CopyTo(scratch[first..]);
        return scratch[..length];
    }

    /// <summary>Writes bytes at a position, for tests.</summary>
    public void Write(ulong position, ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++) _data[(position + (ulong)i) & (_size - 1)] = bytes[i];
    }
}
