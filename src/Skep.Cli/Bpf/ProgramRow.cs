using Skep.Bpf;

namespace Skep.Cli.Bpf;

/// <summary>A program as <c>skep bpf prog</c> prints it.</summary>
sealed record ProgramRow
{
    public required uint Id { get; init; }
    public required string Type { get; init; }
    public required string Name { get; init; }
    public required string Tag { get; init; }
    public required bool GplCompatible { get; init; }
    public required DateTimeOffset LoadedAt { get; init; }
    public required uint Uid { get; init; }
    public required uint BytesXlated { get; init; }
    public required uint BytesJited { get; init; }
    public required uint VerifiedInstructions { get; init; }
    public required IReadOnlyList<uint> MapIds { get; init; }
    public uint? BtfId { get; init; }
    public ulong? RunCount { get; init; }
    public ulong? RunTimeNs { get; init; }
    public ulong? RecursionMisses { get; init; }
    public IReadOnlyList<Holder>? Pids { get; init; }

    public static ProgramRow From(ProgramInfo info, Holders holders) => new()
    {
        Id = info.Id,
        Type = KernelNames.Of(info.Type),
        Name = info.Name,
        Tag = info.Tag,
        GplCompatible = info.IsGplCompatible,
        LoadedAt = info.LoadedAt,
        Uid = info.CreatedByUid,
        BytesXlated = info.XlatedLength,
        BytesJited = info.JitedLength,
        VerifiedInstructions = info.VerifiedInstructions,
        MapIds = info.MapIds,
        BtfId = info.BtfId == 0 ? null : info.BtfId,
        RunCount = info.RunCount == 0 ? null : info.RunCount,
        RunTimeNs = info.RunTimeNanoseconds == 0 ? null : info.RunTimeNanoseconds,
        RecursionMisses = info.RecursionMisses == 0 ? null : info.RecursionMisses,
        Pids = holders.Of("prog_id", info.Id) is { Count: > 0 } pids ? pids : null,
    };
}
