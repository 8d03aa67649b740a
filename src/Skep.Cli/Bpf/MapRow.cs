using Skep.Bpf;

namespace Skep.Cli.Bpf;

/// <summary>A map as <c>skep bpf map</c> prints it.</summary>
sealed record MapRow
{
    public required uint Id { get; init; }
    public required string Type { get; init; }
    public required string Name { get; init; }
    public required uint Flags { get; init; }
    public required uint BytesKey { get; init; }
    public required uint BytesValue { get; init; }
    public required uint MaxEntries { get; init; }
    public long? BytesMemlock { get; init; }
    public bool? Frozen { get; init; }
    public uint? BtfId { get; init; }
    public string? KeyType { get; init; }
    public string? ValueType { get; init; }
    public IReadOnlyList<Holder>? Pids { get; init; }

    public static MapRow From(MapInfo info, Holders holders, Btf? btf = null) => new()
    {
        Id = info.Id,
        Type = KernelNames.Of(info.Type),
        Name = info.Name,
        Flags = (uint)info.Flags,
        BytesKey = info.KeySize,
        BytesValue = info.ValueSize,
        MaxEntries = info.MaxEntries,
        BytesMemlock = info.MemoryBytes,
        Frozen = info.IsFrozen,
        BtfId = info.BtfId == 0 ? null : info.BtfId,
        KeyType = TypeName(btf, info.KeyTypeId),
        ValueType = TypeName(btf, info.ValueTypeId),
        Pids = holders.Of("map_id", info.Id) is { Count: > 0 } pids ? pids : null,
    };

    static string? TypeName(Btf? btf, uint id)
    {
        if (btf is null || id == 0) return null;
        var type = btf[id];
        return type.Name.Length > 0 ? type.Name : type.Kind.ToString().ToLowerInvariant();
    }
}
