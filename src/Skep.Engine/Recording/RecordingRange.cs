namespace Skep.Engine.Recording;

/// <summary>The events of a time, in nanoseconds since 1970.</summary>
/// <param name="From">The first one.</param>
/// <param name="Until">The end, which does not belong to it.</param>
public readonly record struct RecordingRange(long From, long Until)
{
    /// <summary>All events.</summary>
    public static RecordingRange All { get; } = new(long.MinValue, long.MaxValue);

    /// <summary>Whether it holds a time.</summary>
    public bool Contains(long time) => time >= From && time < Until;

    /// <summary>A time of day in nanoseconds since 1970.</summary>
    public static long NanosecondsOf(DateTimeOffset time) => (time.UtcTicks - DateTime.UnixEpoch.Ticks) * 100;

    /// <summary>Nanoseconds since 1970 as a time of day.</summary>
    public static DateTimeOffset TimeOf(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100);
}
