using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Skep.Agent.Events;

/// <summary>
/// Events between the engine's thread, which never waits, and a client or a disk that may be slow or dead: a bounded number of bytes. What does not fit
/// is counted, and the count is told in the queue itself, at the place where it happened. One thread adds, one takes.
/// </summary>
/// <param name="capacity">Bytes that may wait.</param>
/// <param name="notice">Makes the event that tells of a number of losses.</param>
[SuppressMessage("Reliability", "CA1001", Justification = "Whoever adds may still signal when the taker is gone; the semaphore holds nothing but memory.")]
sealed class EventQueue(int capacity, Func<long, byte[]> notice)
{
    const int HeaderSize = sizeof(int), FirstSize = 1 << 14;

    /// <summary>More than a notice takes: where there is less, none is made, which costs much more than the event that is lost.</summary>
    const int NoticeRoom = 1024;

    /// <summary>Bytes that are worth waking the one who takes before the batch ends.</summary>
    readonly int _enough = capacity / 8;

    readonly Lock _gate = new();
    readonly SemaphoreSlim _ready = new(0, 1);
    byte[] _filling = [], _draining = [];
    int _length;
    long _lost, _told;

    /// <summary>Events that did not get in, since the start.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>Bytes that wait.</summary>
    public int Length => Volatile.Read(ref _length);

    /// <summary>Counts events that were not added for another reason than that there was no room.</summary>
    public void CountLoss(long events) => Interlocked.Add(ref _lost, events);

    /// <summary>Adds an event if there is room, for it and for word of those that were lost before; else counts it as lost.</summary>
    public bool Add(ReadOnlySpan<byte> bytes)
    {
        if (TellLoss() && TryAdd(bytes)) return true;
        CountLoss(1);
        return false;
    }

    /// <summary>Puts word of losses into the queue, if there are any; false when there is no room.</summary>
    public bool TellLoss()
    {
        var lost = Lost;
        if (lost == _told) return true;
        if (capacity - Length < NoticeRoom || !TryAdd(notice(lost - _told))) return false;
        _told = lost;
        return true;
    }

    /// <summary>Wakes the one who takes, if there is something to take.</summary>
    public void Signal()
    {
        lock (_gate)
        {
            if (_length > 0 && _ready.CurrentCount == 0) _ready.Release();
        }
    }

    /// <summary>Wakes the one who takes in any case.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            if (_ready.CurrentCount == 0) _ready.Release();
        }
    }

    /// <summary>Waits until something is there.</summary>
    public Task WaitAsync(CancellationToken cancellation) => _ready.WaitAsync(cancellation);

    /// <summary>Waits until something is there or <see cref="Wake"/>, at most for a time.</summary>
    public void Wait(TimeSpan limit) => _ready.Wait(limit);

    /// <summary>Everything that is there; valid until the next call.</summary>
    public EventBatch Take()
    {
        lock (_gate)
        {
            (_filling, _draining) = (_draining, _filling);
            var length = _length;
            _length = 0;
            // After a burst the memory goes back.
            if (_filling.Length > FirstSize && length < _filling.Length / 4) _filling = [];
            return new EventBatch(_draining.AsMemory(0, length));
        }
    }

    bool TryAdd(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            var end = (long)_length + HeaderSize + bytes.Length;
            if (end > capacity) return false;
            if (_filling.Length < end) Array.Resize(ref _filling, (int)Math.Min(capacity, Math.Max(end, Math.Max(FirstSize, _filling.Length * 2L))));
            BinaryPrimitives.WriteInt32LittleEndian(_filling.AsSpan(_length), bytes.Length);
            bytes.CopyTo(_filling.AsSpan(_length + HeaderSize));
            _length = (int)end;
            // In a storm the batch ends long after the queue is full.
            if (_length >= _enough && _ready.CurrentCount == 0) _ready.Release();
            return true;
        }
    }
}
