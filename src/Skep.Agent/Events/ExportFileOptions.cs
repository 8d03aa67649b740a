using Skep.Tetragon.Api;

namespace Skep.Agent.Events;

/// <summary>A file that events are exported to, which of them, and what becomes of it when it has grown.</summary>
public sealed record ExportFileOptions
{
    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>When a new file is begun, and how many of those before are kept.</summary>
    public ExportRotation Rotation { get; init; } = new();

    /// <summary>How long a file before is kept; zero for as long as there are no more than may be.</summary>
    public TimeSpan MaxAge { get; init; }

    /// <summary>Whether the files before are compressed.</summary>
    public bool Compresses { get; init; }

    /// <summary>Who may use new files.</summary>
    public UnixFileMode Permissions { get; init; } = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Events to be exported; none for all.</summary>
    public IReadOnlyList<Filter> Allow { get; init; } = [];

    /// <summary>Events not to be exported.</summary>
    public IReadOnlyList<Filter> Deny { get; init; } = [];

    /// <summary>Members to be exported.</summary>
    public IReadOnlyList<FieldFilter> Fields { get; init; } = [];

    /// <summary>Whether equal events are exported as one, and within which time.</summary>
    public AggregationOptions? Aggregation { get; init; }

    /// <summary>Most events that are exported in a minute; null for all.</summary>
    public int? RateLimit { get; init; }

    /// <summary>Bytes of events that wait for a slow disk; more are lost, and counted.</summary>
    public int Buffer { get; init; } = 4 << 20;
}
