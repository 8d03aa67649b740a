namespace Skep.Bpf.Interop;

/// <summary>
/// The memory of a BPF ring buffer (kernel/bpf/ringbuf.c: struct bpf_ringbuf): two positions that only grow, each written by one side alone,
/// and the data, mapped twice in a row so that a record is always contiguous. Four fields, so that the JIT keeps a copy in registers.
/// </summary>
readonly unsafe struct RingView(byte* consumerPosition, byte* producerPosition, byte* data, ulong mask)
{
    /// <summary><c>BPF_RINGBUF_BUSY_BIT</c>: reserved, not yet submitted.</summary>
    public const uint Busy = 1u << 31;

    /// <summary><c>BPF_RINGBUF_DISCARD_BIT</c>: to be skipped.</summary>
    public const uint Discard = 1u << 30;

    /// <summary><c>BPF_RINGBUF_HDR_SZ</c>.</summary>
    public const int HeaderSize = 8;

    readonly ulong* _consumerPosition = (ulong*)consumerPosition;
    readonly ulong* _producerPosition = (ulong*)producerPosition;
    readonly byte* _data = data;
    readonly ulong _mask = mask;

    /// <summary>Bytes that the ring holds.</summary>
    public ulong Capacity => _mask + 1;

    /// <summary>Where the next record will be reserved. Reading it orders all later reads behind it.</summary>
    public ulong ProducerPosition
    {
        get => Volatile.Read(ref *_producerPosition);
        set => Volatile.Write(ref *_producerPosition, value);
    }

    /// <summary>Up to where records are consumed. Writing it orders all earlier reads before it.</summary>
    public ulong ConsumerPosition
    {
        get => Volatile.Read(ref *_consumerPosition);
        set => Volatile.Write(ref *_consumerPosition, value);
    }

    /// <summary>The length and the two bits of the record at a position; orders the reads of the record behind it.</summary>
    public uint Header(ulong position) => Volatile.Read(ref *(uint*)(_data + (position & _mask)));

    /// <summary>The bytes of the record at a position; the caller has checked the length against the capacity.</summary>
    public Span<byte> Record(ulong position, uint length) => new(_data + (position & _mask) + HeaderSize, (int)length);

    /// <summary>Marks the record at a position as reserved (user ring buffers).</summary>
    public void Reserve(ulong position, uint length)
    {
        var header = (uint*)(_data + (position & _mask));
        header[1] = 0;
        Volatile.Write(ref header[0], length | Busy);
    }

    /// <summary>Gives the record at a position to the consumer; a full barrier, as the kernel's own producer does.</summary>
    public void Commit(ulong position, uint length, bool discard) =>
        Interlocked.Exchange(ref *(uint*)(_data + (position & _mask)), discard ? length | Discard : length);

    /// <summary>The bytes that a record of this length takes in the ring.</summary>
    public static ulong SizeOf(uint length) => ((ulong)length + HeaderSize + 7) & ~7ul;
}
