using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>
/// The writing side of a user ring buffer: records that programs take with <c>bpf_user_ringbuf_drain</c>. One thread at a time may write.
/// Requires at least Linux 6.1.
/// </summary>
public sealed class UserRingBufferWriter : IDisposable
{
    readonly RingMemory _memory;
    readonly RingView _view;
    readonly FileDescriptor _descriptor;
    readonly Epoll _epoll = new();

    /// <summary>Maps the ring of a map.</summary>
    /// <exception cref="BpfException">The map is of another type.</exception>
    public UserRingBufferWriter(BpfMap map)
    {
        TypeSizes.CheckType(map, MapType.UserRingBuffer);
        _memory = RingMemory.MapForWriting(map.Fd, map.MaxEntries, $"map user ring buffer '{map.Name}'");
        _view = _memory.View;
        _descriptor = map.Fd.Duplicate();
        _epoll.Add(_descriptor, 0, Libc.EPOLLOUT);
        Name = map.Name;
    }

    /// <summary>The map's name.</summary>
    public string Name { get; }

    /// <summary>Bytes that the ring holds, headers of 8 bytes for each record included.</summary>
    public long Capacity => (long)_view.Capacity;

    /// <summary>Records that found no room.</summary>
    public long Lost { get; private set; }

    /// <summary>Records submitted.</summary>
    public long Records { get; internal set; }

    /// <summary>Reserves room for a record; false (and counted as lost) when there is none now.</summary>
    /// <param name="length">Bytes, 0 to the capacity less 8.</param>
    /// <param name="record">Room to fill; it must be submitted or discarded, or the ring stops there.</param>
    public bool TryReserve(int length, out UserRingRecord record)
    {
        if (Reserve(length, out record)) return true;
        Lost++;
        return false;
    }

    /// <summary>Reserves room for a record, waiting until programs have drained the ring; false when the time is over.</summary>
    /// <param name="length">Bytes, 0 to the capacity less 8.</param>
    /// <param name="timeout">Negative waits for ever.</param>
    /// <param name="record">Room to fill; it must be submitted or discarded, or the ring stops there.</param>
    public bool TryReserve(int length, TimeSpan timeout, out UserRingRecord record)
    {
        var started = Environment.TickCount64;
        Span<int> tags = stackalloc int[2];
        while (true)
        {
            if (Reserve(length, out record)) return true;
            var left = timeout < TimeSpan.Zero ? timeout : timeout - TimeSpan.FromMilliseconds(Environment.TickCount64 - started);
            if (timeout >= TimeSpan.Zero && left <= TimeSpan.Zero)
            {
                Lost++;
                return false;
            }
            // The kernel wakes writers after a drain that took something (kernel/bpf/ringbuf.c: bpf_user_ringbuf_drain). A ring with some room, but
            // too little for this record, is ready at once: then look again after a millisecond instead of spinning.
            if (_epoll.Wait(tags, left) > 0 && !HasRoom(length)) Thread.Sleep(1);
        }
    }

    /// <summary>Copies a record into the ring; false (and counted as lost) when there is no room.</summary>
    public bool TryWrite(ReadOnlySpan<byte> data)
    {
        if (!TryReserve(data.Length, out var record)) return false;
        data.CopyTo(record.Data);
        record.Submit();
        return true;
    }

    /// <summary>Unmaps the ring. Records that programs have not taken yet stay in the map.</summary>
    public void Dispose()
    {
        _memory.Dispose();
        _descriptor.Dispose();
        _epoll.Dispose();
    }

    bool Reserve(int length, out UserRingRecord record)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (RingView.SizeOf((uint)length) > _view.Capacity) throw new ArgumentOutOfRangeException(nameof(length), length, $"ring buffer '{Name}' holds {Capacity} bytes");
        record = default;
        if (!HasRoom(length)) return false;
        var position = _view.ProducerPosition;
        _view.Reserve(position, (uint)length);
        _view.ProducerPosition = position + RingView.SizeOf((uint)length);
        record = new UserRingRecord(this, _view, position, (uint)length);
        return true;
    }

    bool HasRoom(int length) => _view.Capacity - (_view.ProducerPosition - _view.ConsumerPosition) >= RingView.SizeOf((uint)length);
}
