using Skep.Cli.Bpf;

namespace Skep.Cli.Uninstall;

/// <summary>What <c>skep uninstall</c> did, or would do, as <c>-o json</c> prints it.</summary>
sealed record UninstallReport
{
    public required bool DryRun { get; init; }

    /// <summary>The agent that ran; null when none did.</summary>
    public uint? AgentPid { get; set; }

    /// <summary>Whether that one was ended.</summary>
    public bool? AgentEnded { get; set; }

    /// <summary>What went, or would go, from the file system.</summary>
    public List<Place> Removed { get; } = [];

    /// <summary>What of the kernel was pinned there.</summary>
    public ObjectCounts? Pinned { get; set; }

    /// <summary>Where the configuration stays.</summary>
    public string? KeptConfiguration { get; set; }

    /// <summary>What is left; null when nobody asked.</summary>
    public Remains? Left { get; set; }

    /// <summary>Something in the file system.</summary>
    public sealed record Place(string Kind, string Path);

    /// <summary>How many objects of the kernel.</summary>
    public sealed record ObjectCounts(int Programs, int Maps, int Links);

    /// <summary>What is left in kernel and file system.</summary>
    public sealed record Remains(bool Clean, List<KernelObject> Objects, List<Place> Places);

    /// <summary>Something in the kernel.</summary>
    public sealed record KernelObject(string Kind, uint Id, string Name, IReadOnlyList<Holder> HeldBy);
}
