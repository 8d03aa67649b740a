namespace Skep.Agent.Events;

/// <summary>How the export file is.</summary>
public sealed record ExportFileStatus
{
    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>Events written since the agent started.</summary>
    public long Events { get; init; }

    /// <summary>Bytes of them.</summary>
    public long Bytes { get; init; }

    /// <summary>When the last one was written; null when none was.</summary>
    public DateTimeOffset? LastExport { get; init; }

    /// <summary>Events over the rate limit.</summary>
    public long LostLimited { get; init; }

    /// <summary>Events that came faster than the file could be written.</summary>
    public long LostSlow { get; init; }

    /// <summary>Events for which there was no room any more while the file could not be written at all.</summary>
    public long LostFailed { get; init; }

    /// <summary>Bytes that wait to be written.</summary>
    public long Waiting { get; init; }

    /// <summary>Why the file cannot be written now; null when it can.</summary>
    public string? Failure { get; init; }
}
