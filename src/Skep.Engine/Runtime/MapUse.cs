using Skep.Bpf;

namespace Skep.Engine.Runtime;

/// <summary>How full a table of the kernel's is.</summary>
/// <param name="Map">Its name.</param>
/// <param name="Entries">How many entries it has.</param>
/// <param name="Capacity">How many it can have.</param>
public sealed record MapUse(string Map, long Entries, long Capacity)
{
    /// <summary>Counts the entries of a table; null for maps of other kinds, which are always full or cannot be counted.</summary>
    internal static MapUse? Of(string name, BpfMap map)
    {
        if (map.Type is not (MapType.Hash or MapType.LruHash)) return null;
        long entries = 0;
        using var reader = map.ReadBatches(1024);
        while (reader.Read()) entries += reader.Count;
        return new MapUse(name, entries, map.MaxEntries);
    }
}
