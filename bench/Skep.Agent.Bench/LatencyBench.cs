using System.Diagnostics;
using System.Globalization;
using System.Text;
using Skep.Tetragon.Api;

namespace Skep.Agent.Bench;

/// <summary>From a system call to the moment at which a reader of the file, or a client, has its event.</summary>
static class LatencyBench
{
    static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    public static async Task<int> Run(string skep, int count)
    {
        Console.WriteLine("| to | p50, ms | p90, ms | p99, ms | longest, ms |");
        Console.WriteLine("|---|---|---|---|---|");
        using (var agent = new RunningAgent(skep, RunningAgent.Exports)) Print("file", OfFile(count));
        using (var agent = new RunningAgent(skep)) Print("client", await OfClient(agent, count));
        return 0;
    }

    static List<double> OfFile(int count)
    {
        using var file = new FileStream(RunningAgent.ExportFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var (times, buffer, read) = (new List<double>(), new byte[1 << 16], 0);
        for (var i = 0; i < count; i++)
        {
            var wanted = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\"int_arg\":{RunningAgent.FirstMark + i}"));
            var started = Stopwatch.GetTimestamp();
            SystemCalls.Call(RunningAgent.FirstMark + i);
            while (true)
            {
                var length = file.Read(buffer, read, buffer.Length - read);
                read += length;
                if (length > 0 && buffer.AsSpan(0, read).IndexOf(wanted) >= 0) break;
                if (Stopwatch.GetElapsedTime(started) > s_limit) throw new TimeoutException("the event did not come");
                // As a reader that follows a file does, and not to take the processor from the agent.
                if (length == 0) Thread.Sleep(TimeSpan.FromMicroseconds(100));
            }
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            read = 0;
            Thread.Sleep(Random.Shared.Next(5, 20));
        }
        return times;
    }

    static async Task<List<double>> OfClient(RunningAgent agent, int count)
    {
        using var stream = await EventStream.Open(agent.Socket);
        var times = new List<double>();
        for (var i = 0; i < count; i++)
        {
            var started = Stopwatch.GetTimestamp();
            SystemCalls.Call(RunningAgent.FirstMark + i);
            byte[]? bytes;
            using (var limit = new CancellationTokenSource(s_limit)) bytes = await stream.Next().WaitAsync(limit.Token);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            var told = GetEventsResponse.Parser.ParseFrom(bytes ?? throw new InvalidOperationException("the stream ended")).ProcessKprobe;
            if (told.Args[0].IntArg != RunningAgent.FirstMark + i) throw new InvalidOperationException("another event came");
            Thread.Sleep(Random.Shared.Next(5, 20));
        }
        return times;
    }

    static void Print(string name, List<double> times)
    {
        // The first ones compile code.
        var sorted = times.Skip(times.Count / 10).Order().ToList();
        double At(double share) => sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {At(0.5):F2} | {At(0.9):F2} | {At(0.99):F2} | {sorted[^1]:F2} |"));
    }
}
