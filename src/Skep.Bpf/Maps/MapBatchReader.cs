using System.Buffers;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>
/// Walks through a map with <c>BPF_MAP_LOOKUP_BATCH</c> or <c>BPF_MAP_LOOKUP_AND_DELETE_BATCH</c> (Linux 5.6). A hash bucket that does not fit
/// the buffer makes the buffer grow; kinds of map and kernels without batches are read element by element through the same interface.
/// </summary>
public sealed class MapBatchReader : IDisposable
{
    readonly BpfMap _map;
    readonly bool _delete;
    readonly int _keySize, _valueSize;
    // Two opaque positions that change roles: hashes store a bucket number there, other maps a key (kernel/bpf/hashtab.c, syscall.c).
    byte[] _position, _nextPosition;
    byte[] _keys = [], _values = [];
    int _capacity;
    bool _started, _finished, _single;

    internal MapBatchReader(BpfMap map, int batchSize, bool delete)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        if (map.KeySize == 0) throw new BpfException($"map '{map.Name}' ({map.Type}) has no keys to walk through");
        (_map, _delete) = (map, delete);
        (_keySize, _valueSize) = ((int)map.KeySize, map.UserValueSize);
        _position = new byte[Math.Max(8, _keySize)];
        _nextPosition = new byte[_position.Length];
        Grow(batchSize);
    }

    /// <summary>Elements of the current batch.</summary>
    public int Count { get; private set; }

    /// <summary>Keys of the current batch, one after another; valid until the next <see cref="Read"/>.</summary>
    public ReadOnlySpan<byte> Keys => _keys.AsSpan(0, Count * _keySize);

    /// <summary>Values of the current batch, <see cref="BpfMap.UserValueSize"/> bytes each; valid until the next <see cref="Read"/>.</summary>
    public ReadOnlySpan<byte> Values => _values.AsSpan(0, Count * _valueSize);

    /// <summary>The map that is read.</summary>
    public BpfMap Map => _map;

    /// <summary>Reads the next batch; false at the end.</summary>
    public bool Read()
    {
        Count = 0;
        while (!_finished && Count == 0)
        {
            if (_single) ReadSingly();
            else ReadBatch();
        }
        return Count > 0;
    }

    /// <summary>Returns the buffers.</summary>
    public void Dispose()
    {
        _finished = true;
        Count = 0;
        Return();
    }

    void ReadBatch()
    {
        var command = _delete ? BpfCommand.MapLookupAndDeleteBatch : BpfCommand.MapLookupBatch;
        var count = (uint)_capacity;
        var result = MapCalls.Batch(command, _map.Fd, _started ? _position : default, _nextPosition, _keys, _values, ref count, elementFlags: 0);
        switch (result)
        {
            case >= 0 or -Errno.ENOENT:
                Count = (int)Math.Min(count, (uint)_capacity);
                _finished = result < 0;
                _started = true;
                (_position, _nextPosition) = (_nextPosition, _position);
                break;
            case -Errno.ENOSPC when _capacity < _map.MaxEntries:
                Grow(_capacity * 2);
                break;
            case -Errno.EINTR:
                break; // an array-like map lost the keys under the walk three times; the position still holds
            case var _ when !_started && BpfMap.LacksBatches(result):
                _single = true;
                break;
            default:
                throw _map.Failure(_delete ? "drain a batch of" : "read a batch of", -result);
        }
    }

    /// <summary>The fall-back; keys that come twice after a restart of the kernel's iteration are returned twice, as <see cref="MapKeys{TKey}"/> explains.</summary>
    void ReadSingly()
    {
        // A drained map is read from its beginning each time: what was there is gone.
        while (Count < _capacity)
        {
            var from = _started && !_delete ? _position.AsSpan(0, _keySize) : default;
            var key = _keys.AsSpan(Count * _keySize, _keySize);
            if (!_map.TryGetNextKey(from, key))
            {
                _finished = true;
                return;
            }
            _started = true;
            key.CopyTo(_position);
            if (!_map.TryLookup(key, _values.AsSpan(Count * _valueSize, _valueSize))) continue;
            if (_delete && !_map.Delete(key)) continue;
            Count++;
        }
    }

    void Grow(int capacity)
    {
        Return();
        _capacity = capacity;
        _keys = ArrayPool<byte>.Shared.Rent(checked(capacity * _keySize));
        _values = ArrayPool<byte>.Shared.Rent(checked(capacity * _valueSize));
    }

    void Return()
    {
        if (_keys.Length > 0) ArrayPool<byte>.Shared.Return(_keys);
        if (_values.Length > 0) ArrayPool<byte>.Shared.Return(_values);
        _keys = _values = [];
    }
}
