namespace Skep.Bpf;

/// <summary>Which declarations are taken for which definitions while types are deduplicated. Nodes are ids counted from the first own one.</summary>
sealed class BtfForwards
{
    readonly Dictionary<int, int> _bends = [];
    readonly Dictionary<int, List<int>> _definitions = [];

    public BtfForwards(BtfBuilder types)
    {
        var byName = new Dictionary<(uint Name, BtfKind Kind), List<int>>();
        for (var id = types.FirstId; id < types.Count; id++)
        {
            var record = types.Record(id);
            if (record[0] == 0 || KindDefined(record) is not { } kind) continue;
            if (!byName.TryGetValue((record[0], kind), out var list)) byName.Add((record[0], kind), list = []);
            list.Add((int)(id - types.FirstId));
        }
        for (var id = types.FirstId; id < types.Count; id++)
        {
            var record = types.Record(id);
            if (record[0] == 0 || KindDeclared(record) is not { } kind || !byName.TryGetValue((record[0], kind), out var list)) continue;
            var node = (int)(id - types.FirstId);
            _bends.Add(node, list[0]);
            _definitions.Add(node, list);
        }
    }

    /// <summary>The definition taken for a declaration; any other node is itself.</summary>
    public int Follow(int node) => _bends.TryGetValue(node, out var definition) ? definition : node;

    /// <summary>Undoes the bends to names whose definitions differ; false when there were none.</summary>
    public bool UndoAmbiguous(BtfPartition partition, bool all)
    {
        var ambiguous = _bends.Where(bend => _definitions[bend.Key].Any(other => partition.ClassOf(other) != partition.ClassOf(bend.Value)) || (all && _definitions[bend.Key].Count > 1)).ToList();
        foreach (var bend in ambiguous) _bends.Remove(bend.Key);
        return ambiguous.Count > 0;
    }

    static BtfKind? KindDefined(ReadOnlySpan<uint> record) => (BtfKind)((record[1] >> 24) & 0x1f) switch
    {
        BtfKind.Struct => BtfKind.Struct,
        BtfKind.Union => BtfKind.Union,
        BtfKind.Enum or BtfKind.Enum64 when (record[1] & 0xffff) != 0 => BtfKind.Enum,
        _ => null,
    };

    // An enumeration that is declared only has no values.
    static BtfKind? KindDeclared(ReadOnlySpan<uint> record) => (BtfKind)((record[1] >> 24) & 0x1f) switch
    {
        BtfKind.Forward => record[1] >> 31 != 0 ? BtfKind.Union : BtfKind.Struct,
        BtfKind.Enum or BtfKind.Enum64 when (record[1] & 0xffff) == 0 => BtfKind.Enum,
        _ => null,
    };
}
