using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>
/// The reading side of one ring buffer map. Records are handed out in place, in the order in which they were reserved. The position is given
/// back to the kernel after a batch of records instead of after each: it lies in a cache line that every producer reads. One thread at a time
/// may read; only one reader may exist for a map. Requires at least Linux 5.8.
/// </summary>
public sealed class RingBuffer : IDisposable
{
    readonly RingMemory _memory;
    readonly RingView _view;
    readonly ulong _commitBytes;
    readonly uint _longestRecord;
    readonly Func<long>? _losses;
    ulong _position;
    long _records, _discarded, _corrupt;
    volatile bool _stopping;

    /// <summary>Maps the ring of a map.</summary>
    /// <param name="map">A map of type <see cref="MapType.RingBuffer"/>; it may be closed afterwards.</param>
    /// <param name="losses">Returns how many records the programs could not reserve: the kernel does not count that itself.</param>
    /// <param name="longestRecord">
    /// Bytes of the longest record that programs send; 0 for any. The ring is mapped twice in a row, and counts twice in the resident memory; the second time only
    /// as far as this.
    /// </param>
    /// <exception cref="BpfException">The map is of another type.</exception>
    public RingBuffer(BpfMap map, Func<long>? losses = null, int longestRecord = 0)
        : this(MapRing(map, longestRecord), map.Name, losses, longestRecord)
    {
        Descriptor = map.Fd.Duplicate();
    }

    internal RingBuffer(RingMemory memory, string name, Func<long>? losses = null, int longestRecord = 0)
    {
        _longestRecord = longestRecord == 0 ? uint.MaxValue : (uint)longestRecord;
        (_memory, _view, _losses, Name) = (memory, memory.View, losses, name);
        // An eighth of the ring at most, so that producers never wait long for room; 16 KiB is past the point where the commit's cost shows.
        _commitBytes = Math.Min(_view.Capacity / 8, 16 * 1024);
        _position = _view.ConsumerPosition;
    }

    /// <summary>The map's name.</summary>
    public string Name { get; }

    /// <summary>Bytes that the ring holds.</summary>
    public long Capacity => (long)_view.Capacity;

    /// <summary>Bytes that wait, headers and records not yet submitted included.</summary>
    public long AvailableBytes => (long)(_view.ProducerPosition - _position);

    /// <summary>What was seen so far.</summary>
    public RingStatistics Statistics => new(_records, _discarded, _losses?.Invoke() ?? 0, _corrupt);

    internal FileDescriptor? Descriptor { get; }

    /// <summary>Whether the last reading ended before the ring did: nobody will wake us for what is left.</summary>
    internal bool HasLeftRecords { get; private set; }

    /// <summary>Hands out what is there, at most one capacity's worth so that other rings get their turn. Returns the number of records.</summary>
    /// <exception cref="BpfFormatException">The content made no sense; it was skipped and reading may go on.</exception>
    public int Consume(RecordHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        var adapter = new DelegateHandler(handler);
        return Consume(ref adapter);
    }

    /// <inheritdoc cref="Consume(RecordHandler)"/>
    public int Consume<THandler>(ref THandler handler) where THandler : IRecordHandler, allows ref struct
    {
        // True until the end is reached: also when the handler stops the reading or throws.
        HasLeftRecords = true;
        var view = _view;
        var position = _position;
        var committed = position;
        var limit = position + view.Capacity;
        var count = 0;
        while ((long)(limit - position) > 0 && !_stopping)
        {
            var end = view.ProducerPosition;
            if (end == position)
            {
                if (committed == position)
                {
                    HasLeftRecords = false;
                    break;
                }
                // The producer stores its header and then looks at our position to decide whether to wake us (kernel/bpf/ringbuf.c:
                // bpf_ringbuf_commit); we store our position and then look at its. Both need a full barrier in between, or both may look too early.
                view.ConsumerPosition = committed = position;
                Interlocked.MemoryBarrier();
                continue;
            }
            if (end - position > view.Capacity) throw Skip(end, $"{end - position} bytes wait in a ring of {view.Capacity}");
            do
            {
                var header = view.Header(position);
                if ((header & RingView.Busy) != 0)
                {
                    // Its submission will find our position here, and wake us.
                    view.ConsumerPosition = position;
                    HasLeftRecords = false;
                    return count;
                }
                var length = header & ~RingView.Discard;
                var size = RingView.SizeOf(length);
                if (size > end - position) throw Skip(end, $"a record of {length} bytes at {position} where {end - position} are in use");
                if (length > _longestRecord) throw Skip(end, $"a record of {length} bytes where the longest has {_longestRecord}");
                var record = view.Record(position, length);
                position += size;
                // Stored before the handler runs: a record at which it throws counts as consumed.
                _position = position;
                if ((header & RingView.Discard) != 0)
                {
                    _discarded++;
                }
                else
                {
                    _records++;
                    count++;
                    if (!handler.Handle(record))
                    {
                        view.ConsumerPosition = position;
                        return count;
                    }
                }
                if (position - committed >= _commitBytes)
                {
                    view.ConsumerPosition = committed = position;
                    if (_stopping) return count;
                }
            }
            while (position != end);
        }
        view.ConsumerPosition = position;
        return count;
    }

    /// <summary>Unmaps the ring, which no thread may be reading. The map lives on while others hold it.</summary>
    public void Dispose()
    {
        _stopping = true;
        _memory.Dispose();
        Descriptor?.Dispose();
    }

    /// <summary>Makes a reading that goes on in this moment end at its next commit.</summary>
    internal void Stop() => _stopping = true;

    BpfFormatException Skip(ulong end, string what)
    {
        _corrupt++;
        _view.ConsumerPosition = _position = end;
        return new BpfFormatException($"ring buffer '{Name}': {what}; skipped up to {end}");
    }

    static RingMemory MapRing(BpfMap map, int longestRecord)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(longestRecord);
        TypeSizes.CheckType(map, MapType.RingBuffer);
        return RingMemory.MapForReading(map.Fd, map.MaxEntries, longestRecord == 0 ? map.MaxEntries : (uint)longestRecord, $"map ring buffer '{map.Name}'");
    }

    readonly struct DelegateHandler(RecordHandler handler) : IRecordHandler
    {
        public bool Handle(ReadOnlySpan<byte> record)
        {
            handler(record);
            return true;
        }
    }
}
