namespace Skep.Bpf;

/// <summary>What a section of an object is for.</summary>
enum SectionRole
{
    Ignored,
    Code,
    Data,
    ReadOnlyData,
    ZeroData,
    ArenaData,
    Maps,
    StructOps,
    License,
    Version,
    JumpTables,
}
