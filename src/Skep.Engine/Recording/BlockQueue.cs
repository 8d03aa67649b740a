namespace Skep.Engine.Recording;

/// <summary>
/// Blocks between the engine's thread, which never waits, and the one that writes: a bounded number of them, made when they are first needed. One thread
/// fills, one empties.
/// </summary>
sealed class BlockQueue(int capacity) : IDisposable
{
    readonly Lock _gate = new();
    readonly Queue<RecordedBlock> _full = new(capacity);
    readonly Stack<RecordedBlock> _free = new(capacity);
    readonly AutoResetEvent _signal = new(false);
    int _made;

    /// <summary>An empty block; null when all are waiting to be written.</summary>
    public RecordedBlock? TryRent()
    {
        lock (_gate)
        {
            if (_free.TryPop(out var block)) return block;
            if (_made == capacity) return null;
            _made++;
        }
        return new RecordedBlock();
    }

    public void Add(RecordedBlock block)
    {
        lock (_gate) _full.Enqueue(block);
        _signal.Set();
    }

    /// <summary>The next block; null when none came in this time, or <see cref="Wake"/> was called.</summary>
    public RecordedBlock? Take(TimeSpan timeout)
    {
        if (TryTake() is { } block) return block;
        _signal.WaitOne(timeout);
        return TryTake();
    }

    public void Return(RecordedBlock block)
    {
        block.Buffer.Shrink();
        lock (_gate)
        {
            // After a burst the memory goes back.
            if (_free.Count >= 2 && _full.Count == 0) _made--;
            else _free.Push(block);
        }
    }

    public void Wake() => _signal.Set();

    public void Dispose() => _signal.Dispose();

    RecordedBlock? TryTake()
    {
        lock (_gate) return _full.TryDequeue(out var block) ? block : null;
    }
}
