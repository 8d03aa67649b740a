using System.Diagnostics;

namespace Skep.Agent.Health;

/// <summary>What this process takes, since its start and lately: looked at once a second, on one thread.</summary>
sealed class ResourceMeter
{
    const int Seconds = 10;

    readonly (long Time, TimeSpan Cpu, long Events)[] _samples = new (long, TimeSpan, long)[Seconds + 1];
    readonly long _started;
    readonly TimeSpan _before;
    int _count;

    public ResourceMeter()
    {
        using var self = Process.GetCurrentProcess();
        StartTime = new DateTimeOffset(self.StartTime);
        // Starting belongs to what the agent costs.
        (_started, _before) = (Stopwatch.GetTimestamp(), DateTimeOffset.UtcNow - StartTime);
        Sample(0);
    }

    /// <summary>When the process started.</summary>
    public DateTimeOffset StartTime { get; }

    /// <summary>Processor time so far.</summary>
    public static TimeSpan CpuTime => Environment.CpuUsage.TotalTime;

    /// <summary>Bytes in memory.</summary>
    public static long ResidentBytes => Environment.WorkingSet;

    /// <summary>Whether <see cref="Recent"/> is about a time after the start.</summary>
    public bool IsSettled => _count > _samples.Length;

    /// <summary>Share of all processors since the start, from 0 to 1.</summary>
    public double CpuShare => Share(CpuTime, Stopwatch.GetElapsedTime(_started) + _before);

    /// <summary>Share of all processors over the last seconds, and events a second.</summary>
    public (double CpuShare, double EventsPerSecond) Recent(long events)
    {
        var (time, cpu, before) = _samples[_count < _samples.Length ? 0 : _count % _samples.Length];
        var elapsed = Stopwatch.GetElapsedTime(time);
        return elapsed <= TimeSpan.Zero ? default : (Share(CpuTime - cpu, elapsed), (events - before) / elapsed.TotalSeconds);
    }

    /// <summary>Looks.</summary>
    public void Sample(long events) => _samples[_count++ % _samples.Length] = (Stopwatch.GetTimestamp(), CpuTime, events);

    static double Share(TimeSpan cpu, TimeSpan elapsed) => cpu / elapsed / Environment.ProcessorCount;
}
