namespace Skep.Bpf;

/// <summary>Where a program goes among the others of its hook.</summary>
public sealed record OrderedOptions
{
    /// <summary>The position; null means last.</summary>
    public LinkAnchor? Anchor { get; init; }

    /// <summary>Fail with ESTALE unless the hook's list of programs has this revision; 0 does not check.</summary>
    public ulong ExpectedRevision { get; init; }
}
