namespace Skep.Engine.Processes;

/// <summary>Limits of a <see cref="ProcessTree"/>.</summary>
public sealed record ProcessTreeOptions
{
    /// <summary>The smallest memory cap: room for a few processes with paths of any length.</summary>
    public const long MinimumMemoryCap = 64 * 1024;

    /// <summary>Bytes that the tree may retain after each call, by the formula of <see cref="ProcessTree.RetainedBytes"/>.</summary>
    public long MemoryCap { get; init; } = 8 * 1024 * 1024;

    /// <summary>How long an ended process can still be found: its events may arrive after its end.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(30);
}
