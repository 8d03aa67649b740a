using System.Buffers.Binary;
using System.Threading.Channels;

namespace Skep.Agent.Events;

/// <summary>
/// Events between the engine's thread, which never waits, and a client that may be slow or dead: a bounded number of bytes. What does not fit
/// is counted, and the count is the client's to be told. One thread adds, one takes.
/// </summary>
sealed class EventQueue(int capacity)
{
    const int HeaderSize = sizeof(int), FirstSize = 1 << 14;

    readonly Lock _gate = new();
    readonly Channel<bool> _ready = Channel.CreateBounded<bool>(1);
    byte[] _filling = [], _draining = [];
    int _length;

    /// <summary>Events that did not fit, since the start.</summary>
    public long Lost { get; private set; }

    /// <summary>Counts an event that was not added.</summary>
    public void CountLoss() => Lost++;

    /// <summary>Adds an event, if there is room.</summary>
    public bool TryAdd(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            var end = (long)_length + HeaderSize + bytes.Length;
            if (end > capacity) return false;
            if (_filling.Length < end) Array.Resize(ref _filling, (int)Math.Min(capacity, Math.Max(end, Math.Max(FirstSize, _filling.Length * 2L))));
            BinaryPrimitives.WriteInt32LittleEndian(_filling.AsSpan(_length), bytes.Length);
            bytes.CopyTo(_filling.AsSpan(_length + HeaderSize));
            _length = (int)end;
            return true;
        }
    }

    /// <summary>Wakes the one who takes, if there is something to take.</summary>
    public void Signal()
    {
        lock (_gate)
        {
            if (_length == 0) return;
        }
        _ready.Writer.TryWrite(true);
    }

    /// <summary>Waits until something is there.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellation) => await _ready.Reader.ReadAsync(cancellation);

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
}
