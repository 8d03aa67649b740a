namespace Skep.Agent.Events;

/// <summary>When a new export file is begun, and how many of those before are kept.</summary>
public sealed record ExportRotation
{
    /// <summary>Bytes of a megabyte, as options and the API count them.</summary>
    public const long Megabyte = 1_000_000;

    /// <summary>Bytes after which a new file is begun; 0 for never.</summary>
    public long MaxSize { get; init; } = 10 * Megabyte;

    /// <summary>How long a file is written to before a new one is begun; zero for as long as it has room.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>How many of the files before are kept; 0 for all.</summary>
    public int MaxBackups { get; init; } = 5;
}
