using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>
/// The keys of a map in the kernel's order. Each key is handed out after its successor was fetched, so that the loop may delete the current
/// element. When someone else deletes the successor first, hash maps start again at their beginning: keys may then come twice, and an element
/// that exists all the time is never left out. A map that changes faster than it is read ends the iteration with an exception instead of
/// running for ever; <see cref="BpfMap{TKey, TValue}.ReadBatches"/> walks hash maps by bucket and is not disturbed.
/// </summary>
public readonly struct MapKeys<TKey> where TKey : unmanaged
{
    readonly BpfMap _map;

    internal MapKeys(BpfMap map) => _map = map;

    /// <summary>Starts at the first key.</summary>
    public Enumerator GetEnumerator() => new(_map);

    /// <summary>A position between two keys; does not allocate.</summary>
    public struct Enumerator
    {
        readonly BpfMap _map;
        long _budget;
        TKey _next;
        bool _started, _hasNext;

        internal Enumerator(BpfMap map)
        {
            _map = map;
            _budget = 4L * map.MaxEntries + 64;
        }

        /// <summary>The current key.</summary>
        public TKey Current { get; private set; }

        /// <summary>Goes to the next key; false at the end.</summary>
        /// <exception cref="BpfException">The kernel started again so often that the end cannot be reached.</exception>
        public bool MoveNext()
        {
            var next = MemoryMarshal.AsBytes(new Span<TKey>(ref _next));
            if (!_started)
            {
                _started = true;
                _hasNext = _map.TryGetNextKey(default, next);
            }
            if (!_hasNext) return false;
            if (--_budget < 0) throw new BpfException($"map '{_map.Name}' is changed faster than it can be iterated");
            var current = _next;
            Current = current;
            _hasNext = _map.TryGetNextKey(MemoryMarshal.AsBytes(new ReadOnlySpan<TKey>(in current)), next);
            return true;
        }
    }
}
