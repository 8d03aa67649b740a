using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Skep.Agent.Bench;

/// <summary>The marked calls that become events.</summary>
static partial class SystemCalls
{
    [LibraryImport("libc", EntryPoint = "getsid")]
    private static partial int GetSession(int pid);

    /// <summary>Makes one.</summary>
    public static void Call(int mark) => _ = GetSession(mark);

    /// <summary>Makes as many as this processor can for a time; the number of them.</summary>
    public static long CallFor(TimeSpan time)
    {
        long calls = 0;
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < time; calls += 256)
        {
            for (var i = 0; i < 256; i++) _ = GetSession(RunningAgent.FirstMark);
        }
        return calls;
    }

    /// <summary>Makes so many a second for a time, or as many as there was time for; the number of them.</summary>
    public static long CallAt(int perSecond, TimeSpan time, CancellationToken cancellation)
    {
        long calls = 0;
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) is var elapsed && elapsed < time && !cancellation.IsCancellationRequested)
        {
            for (var due = (long)(elapsed.TotalSeconds * perSecond); calls < due; calls++) _ = GetSession(RunningAgent.FirstMark);
            Thread.Sleep(1);
        }
        return calls;
    }
}
