namespace Skep.Bpf;

/// <summary>Iterates over the elements of a map without allocating. Elements that vanish between their key and their value are left out.</summary>
public struct MapEnumerator<TKey, TValue> where TKey : unmanaged where TValue : unmanaged
{
    readonly BpfMap<TKey, TValue> _map;
    MapKeys<TKey>.Enumerator _keys;

    internal MapEnumerator(BpfMap<TKey, TValue> map)
    {
        _map = map;
        _keys = map.Keys.GetEnumerator();
    }

    /// <summary>The current element.</summary>
    public KeyValuePair<TKey, TValue> Current { get; private set; }

    /// <summary>Goes to the next element; false at the end.</summary>
    public bool MoveNext()
    {
        while (_keys.MoveNext())
        {
            var key = _keys.Current;
            if (!_map.TryLookup(in key, out var value)) continue;
            Current = new KeyValuePair<TKey, TValue>(key, value);
            return true;
        }
        return false;
    }
}
