namespace Skep.Bpf;

/// <summary>The outcome of <see cref="BtfDeduplicator"/>: the types left, and where each old one went.</summary>
public sealed class BtfDeduplication
{
    readonly uint _firstId;
    readonly uint[] _map;

    internal BtfDeduplication(BtfBuilder types, uint firstId, uint[] map)
    {
        Types = types;
        _firstId = firstId;
        _map = map;
    }

    /// <summary>The types that are left, to be edited further or built.</summary>
    public BtfBuilder Types { get; }

    /// <summary>The new id of a type of the source; ids of the base and void stay.</summary>
    public uint this[uint oldId] => oldId < _firstId ? oldId
        : oldId - _firstId < (uint)_map.Length ? _map[oldId - _firstId]
        : throw new BpfFormatException($"type id {oldId} is out of range ({_firstId}..{_firstId + _map.Length - 1})");
}
