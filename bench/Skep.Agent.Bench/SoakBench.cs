using System.Diagnostics;
using System.Globalization;

namespace Skep.Agent.Bench;

/// <summary>A steady load for a long time: whether memory grows, and whether anything is lost.</summary>
static class SoakBench
{
    static readonly TimeSpan s_interval = TimeSpan.FromSeconds(10);

    public static async Task<int> Run(string skep, TimeSpan time, int perSecond)
    {
        using var agent = new RunningAgent(skep, RunningAgent.Exports);
        using var stream = await EventStream.Open(agent.Socket);
        var counting = Task.Run(stream.Count);
        using var stop = new CancellationTokenSource();
        var load = Task.Run(() => SystemCalls.CallAt(perSecond, time, stop.Token));
        var samples = new List<(double Minute, long Kilobytes)>();
        Console.WriteLine("| s | resident, kB | anonymous, kB | events/s | lost |");
        Console.WriteLine("|---|---|---|---|---|");
        var started = Stopwatch.GetTimestamp();
        var cpu = agent.CpuSeconds;
        try
        {
            while (!load.IsCompleted)
            {
                await Task.WhenAny(load, Task.Delay(s_interval));
                var status = await agent.Status();
                samples.Add((Stopwatch.GetElapsedTime(started).TotalMinutes, agent.Kilobytes("VmRSS:")));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"| {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} | {samples[^1].Kilobytes} | {agent.Kilobytes("RssAnon:")} | {status.EventsPerSecond:F0} | {status.Losses.Sum(l => (double)l.Events):F0} |"));
            }
        }
        finally
        {
            await stop.CancelAsync();
        }
        var calls = await load;
        await Task.Delay(TimeSpan.FromSeconds(1));
        var last = await agent.Status();
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"calls {calls}, in the file {last.ExportFile.Events}, at the client {stream.Received} and {stream.Lost} lost; ring {last.Losses.Single(l => l.Cause == "ring_full").Events} lost"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"resident: least {samples.Min(s => s.Kilobytes)} kB, most {samples.Max(s => s.Kilobytes)} kB, slope {Slope(samples):F0} kB a minute; cpu {100 * (agent.CpuSeconds - cpu) / Stopwatch.GetElapsedTime(started).TotalSeconds:F1} % of one processor"));
        stream.Dispose();
        await counting;
        return 0;
    }

    /// <summary>By least squares, of the second half: the first one fills caches.</summary>
    static double Slope(List<(double Minute, long Kilobytes)> samples)
    {
        var half = samples.Skip(samples.Count / 2).ToList();
        if (half.Count < 2) return 0;
        var (x, y) = (half.Average(s => s.Minute), half.Average(s => s.Kilobytes));
        return half.Sum(s => (s.Minute - x) * (s.Kilobytes - y)) / half.Sum(s => (s.Minute - x) * (s.Minute - x));
    }
}
