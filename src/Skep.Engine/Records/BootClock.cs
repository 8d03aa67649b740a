using System.Globalization;
using Skep.Bpf.Interop;

namespace Skep.Engine.Records;

/// <summary>
/// Turns the kernel's nanoseconds since boot into time of day. The distance between the two clocks changes when somebody sets the time of day;
/// it is measured again once events have moved on by a second, and small differences are left alone so that a time prints the same each time.
/// Not for several threads at once.
/// </summary>
public sealed class BootClock
{
    const long MeasureEvery = 1_000_000_000, Tolerance = 1_000_000;
    const long NanosecondsPerTick = 100;

    readonly Func<long>? _measure;
    long _bootTime;
    ulong _measuredAt;

    /// <summary>A clock that follows this machine's.</summary>
    public BootClock() : this(MeasureBootTime)
    {
    }

    /// <summary>A clock that stands still, for events of another time or machine.</summary>
    /// <param name="boot">When that machine was started.</param>
    public BootClock(DateTime boot) => _bootTime = (boot.Ticks - DateTime.UnixEpoch.Ticks) * NanosecondsPerTick;

    internal BootClock(Func<long> measure)
    {
        _measure = measure;
        _bootTime = measure();
    }

    /// <summary>For a clock that stands still: when that machine was started, nanoseconds since 1970.</summary>
    internal void Set(long bootTime) => _bootTime = bootTime;

    /// <summary>Nanoseconds since 1970, UTC.</summary>
    public long UnixNanoseconds(ulong sinceBoot)
    {
        if (_measure is not null && sinceBoot > _measuredAt && sinceBoot - _measuredAt > MeasureEvery) Refresh(sinceBoot);
        return _bootTime + (long)sinceBoot;
    }

    /// <summary>Time of day in steps of 100 ns.</summary>
    public DateTime TimeOf(ulong sinceBoot) => DateTime.UnixEpoch.AddTicks(UnixNanoseconds(sinceBoot) / NanosecondsPerTick);

    /// <inheritdoc/>
    public override string ToString() => TimeOf(0).ToString("O", CultureInfo.InvariantCulture);

    void Refresh(ulong now)
    {
        _measuredAt = now;
        var bootTime = _measure!();
        if (Math.Abs(bootTime - _bootTime) > Tolerance) _bootTime = bootTime;
    }

    /// <summary>The clocks are read one after the other; of three attempts the one that took the shortest is nearest to the truth.</summary>
    static long MeasureBootTime()
    {
        var (best, shortest) = (0L, ulong.MaxValue);
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var before = Libc.BootTime;
            var timeOfDay = Libc.TimeOfDay;
            var duration = Libc.BootTime - before;
            if (duration >= shortest) continue;
            shortest = duration;
            best = (long)(timeOfDay - (before + duration / 2));
        }
        return best;
    }
}
