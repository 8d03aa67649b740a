using System.Diagnostics;
using System.Globalization;

namespace Skep.Agent.Bench;

/// <summary>How many events get from the kernel to a file and to clients, and what each costs the agent.</summary>
static class ThroughputBench
{
    static readonly TimeSpan s_calm = TimeSpan.FromSeconds(2);

    public static async Task<int> Run(string skep, TimeSpan time, int? rate)
    {
        Console.WriteLine("| to | calls/s | events/s, each | lost in the ring | lost on the way | cpu s per million events | at most, MB |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        await Measure("nothing", skep, time, rate, [], clients: 0);
        await Measure("file", skep, time, rate, RunningAgent.Exports, clients: 0);
        await Measure("1 client", skep, time, rate, [], clients: 1);
        await Measure("20 clients", skep, time, rate, [], clients: 20);
        return 0;
    }

    static async Task Measure(string name, string skep, TimeSpan time, int? rate, IEnumerable<string> options, int clients)
    {
        using var agent = new RunningAgent(skep, options);
        var streams = new List<EventStream>();
        for (var i = 0; i < clients; i++) streams.Add(await EventStream.Open(agent.Socket));
        var counting = streams.ConvertAll(stream => Task.Run(stream.Count));
        // Code is compiled by then.
        SystemCalls.CallAt(20_000, TimeSpan.FromSeconds(1), CancellationToken.None);
        await Task.Delay(s_calm);

        var (before, cpuBefore) = (await agent.Status(), agent.CpuSeconds);
        var receivedBefore = streams.ConvertAll(s => s.Received);
        var lostBefore = streams.Sum(s => s.Lost);
        var started = Stopwatch.GetTimestamp();
        var calls = await Task.Run(() => rate is { } perSecond ? SystemCalls.CallAt(perSecond, time, CancellationToken.None) : SystemCalls.CallFor(time));
        var made = Stopwatch.GetElapsedTime(started);
        // What waits is still to be written, which belongs to the time that it takes.
        var (after, took) = (await agent.Status(), made);
        for (var last = Progress(); ; last = Progress())
        {
            await Task.Delay(100);
            if (Progress() == last && after.ExportFile is not { WaitingBytes: > 0 }) break;
            (after, took) = (await agent.Status(), Stopwatch.GetElapsedTime(started));
        }
        var events = options.Any() ? (long)(after.ExportFile.Events - before.ExportFile.Events) : clients > 0 ? (long)streams.Zip(receivedBefore, (s, r) => s.Received - r).Average() : (long)(after.Events - before.Events);
        var cpu = agent.CpuSeconds - cpuBefore;
        var ring = Lost("ring_full");
        var later = clients > 0 ? (streams.Sum(s => s.Lost) - lostBefore) / clients : Lost("export_slow") + Lost("export_failed");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {calls / made.TotalSeconds:N0} | {events / took.TotalSeconds:N0} | {100.0 * ring / calls:F1} % | {100.0 * later / calls:F1} % | {cpu / Math.Max(events, 1) * 1e6:F2} | {agent.Kilobytes("VmHWM:") / 1000} |"));
        foreach (var stream in streams) stream.Dispose();
        await Task.WhenAll(counting);

        long Progress() => streams.Sum(s => s.Received);

        long Lost(string cause) => (long)(after.Losses.Where(l => l.Cause == cause).Sum(l => (double)l.Events) - before.Losses.Where(l => l.Cause == cause).Sum(l => (double)l.Events));
    }
}
