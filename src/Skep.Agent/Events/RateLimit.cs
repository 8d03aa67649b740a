using System.Diagnostics;

namespace Skep.Agent.Events;

/// <summary>Lets so many events through in a minute: all at once, and then as many as time allows.</summary>
sealed class RateLimit(int perMinute)
{
    readonly double _perTick = perMinute / (60.0 * Stopwatch.Frequency);
    double _left = perMinute;
    long _since = Stopwatch.GetTimestamp();

    public bool TryTake() => TryTake(Stopwatch.GetTimestamp());

    /// <param name="now">By <see cref="Stopwatch"/>.</param>
    public bool TryTake(long now)
    {
        _left = Math.Min(perMinute, _left + (now - _since) * _perTick);
        _since = now;
        if (_left < 1) return false;
        _left--;
        return true;
    }
}
