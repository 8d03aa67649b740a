namespace Skep.Engine.Recording;

/// <summary>Where and how much is recorded.</summary>
public sealed record RecorderOptions
{
    /// <summary>The size that is kept unless told otherwise.</summary>
    public const long DefaultSize = 512L << 20;

    /// <summary>Smallest size that is worth the trouble.</summary>
    public const long SmallestSize = 1L << 20;

    /// <summary>The directory; made when it is missing, for its owner alone.</summary>
    public required string Directory { get; init; }

    /// <summary>Bytes to keep on disk; the oldest events go when they are used up.</summary>
    public long Size { get; init; } = DefaultSize;

    /// <summary>Percent of the file system that are left free: less is kept than <see cref="Size"/> where there is no room.</summary>
    public int FreePercent { get; init; } = 5;

    /// <summary>Events wait at most this long in memory; so much a killed agent loses.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of memory for events that wait to be written.</summary>
    public int Memory { get; init; } = 4 << 20;

    /// <summary>What who prints the events has to know of this agent.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Writes down what dialects note about hooks.</summary>
    public IHookTagCodec? Tags { get; init; }

    /// <summary>Takes secrets out before they are written; null for nothing.</summary>
    public IProcessRedactor? Redactor { get; init; }

    /// <summary>Gets a line whenever recording stops, goes on, or keeps less; called from another thread.</summary>
    public Action<string> Tell { get; init; } = static _ => { };
}
