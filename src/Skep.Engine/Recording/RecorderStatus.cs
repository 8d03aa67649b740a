namespace Skep.Engine.Recording;

/// <summary>How a recorder is.</summary>
public sealed record RecorderStatus
{
    /// <summary>Where it writes.</summary>
    public required string Directory { get; init; }

    /// <summary>Start of what is kept; null when nothing is yet.</summary>
    public DateTimeOffset? Oldest { get; init; }

    /// <summary>Bytes on disk.</summary>
    public long Bytes { get; init; }

    /// <summary>Bytes that it may take.</summary>
    public long Size { get; init; }

    /// <summary>Bytes that it takes at most for now: less than <see cref="Size"/> when the file system is nearly full.</summary>
    public long SizeNow { get; init; }

    /// <summary>Files on disk.</summary>
    public int Segments { get; init; }

    /// <summary>Events recorded since the agent started.</summary>
    public long Events { get; init; }

    /// <summary>Events not recorded because they came faster than they could be written.</summary>
    public long LostBehind { get; init; }

    /// <summary>Events not recorded because writing failed, or while it was paused.</summary>
    public long LostPaused { get; init; }

    /// <summary>Why nothing is recorded now; null when it is.</summary>
    public string? PausedBecause { get; init; }
}
