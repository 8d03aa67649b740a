using System.Collections;
using System.Numerics;

namespace Skep.Falco.Fields;

/// <summary>A set of kinds of events.</summary>
public sealed class EventTypeSet : IEnumerable<EventInfo>
{
    readonly ulong[] _words;
    readonly int _length;

    internal EventTypeSet(int length, bool full)
    {
        _length = length;
        _words = new ulong[(length + 63) / 64];
        for (var i = 0; full && i < length; i++) Add(i);
    }

    /// <summary>How many there are.</summary>
    public int Count => _words.Sum(w => BitOperations.PopCount(w));

    /// <summary>Whether an event is in it, by its place in the catalogue.</summary>
    public bool Contains(int index) => (uint)index < (uint)_length && (_words[index >> 6] >> index & 1) != 0;

    internal void Add(int index) => _words[index >> 6] |= 1UL << index;

    internal EventTypeSet Union(EventTypeSet other) => Combine(other, (a, b) => a | b);

    internal EventTypeSet Intersect(EventTypeSet other) => Combine(other, (a, b) => a & b);

    internal EventTypeSet Without(EventTypeSet other) => Combine(other, (a, b) => a & ~b);

    EventTypeSet Combine(EventTypeSet other, Func<ulong, ulong, ulong> combine)
    {
        var result = new EventTypeSet(_length, full: false);
        for (var i = 0; i < _words.Length; i++) result._words[i] = combine(_words[i], other._words[i]);
        return result;
    }

    /// <inheritdoc/>
    public IEnumerator<EventInfo> GetEnumerator() => EventCatalogue.All.Where(e => Contains(e.Index)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
