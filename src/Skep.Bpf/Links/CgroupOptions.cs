namespace Skep.Bpf;

/// <summary>How a program is attached to a control group.</summary>
public sealed record CgroupOptions
{
    /// <summary>The hook; null means the one that the program was loaded for.</summary>
    public AttachType? AttachType { get; init; }

    /// <summary>Position among the group's programs; null means last. Requires at least Linux 6.17.</summary>
    public LinkAnchor? Anchor { get; init; }

    /// <summary>Run before the programs of ancestors instead of after. Requires at least Linux 6.15.</summary>
    public bool BeforeAncestors { get; init; }

    /// <summary>Attach without a kernel link, as kernels before 5.7 need; the program then stays until disposed.</summary>
    public bool UseProgramAttach { get; init; }

    /// <summary>With <see cref="UseProgramAttach"/>: let programs of descendants replace this one, or run beside it.</summary>
    public CgroupSharing Sharing { get; init; } = CgroupSharing.Multiple;
}
