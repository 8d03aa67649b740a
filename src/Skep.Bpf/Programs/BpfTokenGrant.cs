namespace Skep.Bpf;

/// <summary>What a BPF token is to permit; null means any. Creating maps, loading programs and loading BTF are always permitted, each within these limits.</summary>
public sealed record BpfTokenGrant
{
    /// <summary>Kinds of map that may be created.</summary>
    public IReadOnlyCollection<MapType>? Maps { get; init; }

    /// <summary>Kinds of program that may be loaded.</summary>
    public IReadOnlyCollection<ProgramType>? Programs { get; init; }

    /// <summary>Attach types that these programs may expect.</summary>
    public IReadOnlyCollection<AttachType>? AttachTypes { get; init; }
}
