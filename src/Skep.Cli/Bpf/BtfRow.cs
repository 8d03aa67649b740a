using Skep.Bpf;

namespace Skep.Cli.Bpf;

/// <summary>A BTF object as <c>skep bpf btf</c> prints it.</summary>
sealed record BtfRow
{
    public required uint Id { get; init; }
    public required string Name { get; init; }
    public required bool Kernel { get; init; }
    public required uint Size { get; init; }
    public uint? Types { get; init; }
    public IReadOnlyList<uint>? ProgIds { get; init; }
    public IReadOnlyList<uint>? MapIds { get; init; }
    public IReadOnlyList<Holder>? Pids { get; init; }

    public static BtfRow From(BtfObject btf, Holders holders, BtfUsers users) => new()
    {
        Id = btf.Id,
        Name = btf.Name,
        Kernel = btf.IsKernel,
        Size = btf.Size,
        ProgIds = users.Programs(btf.Id),
        MapIds = users.Maps(btf.Id),
        Pids = holders.Of("btf_id", btf.Id) is { Count: > 0 } pids ? pids : null,
    };
}
