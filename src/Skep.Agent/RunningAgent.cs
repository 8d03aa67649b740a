using System.Diagnostics;
using Skep.Bpf.Interop;
using Skep.Engine.Runtime;

namespace Skep.Agent;

/// <summary>The agent that is in charge of a pin directory or of a state directory.</summary>
public static class RunningAgent
{
    static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    /// <summary>Its pid; null when none is.</summary>
    public static int? Find(string? pinDirectory, string? stateDirectory) =>
        (pinDirectory is null ? null : SkepEngine.FindAgent(pinDirectory)) ?? (stateDirectory is null ? null : StateDirectory.HolderOf(stateDirectory));

    /// <summary>Asks it to end in an orderly way (SIGTERM), and waits for that.</summary>
    /// <exception cref="IOException">It cannot be asked, or does not end.</exception>
    public static void Stop(int pid, string? pinDirectory, string? stateDirectory)
    {
        Libc.Check(Libc.Kill(pid, Libc.SIGTERM), $"end the agent with pid {pid}");
        for (var started = Stopwatch.GetTimestamp(); Find(pinDirectory, stateDirectory) == pid; Thread.Sleep(50))
        {
            if (Stopwatch.GetElapsedTime(started) > s_limit) throw new IOException($"the agent with pid {pid} was asked to end and does not");
        }
    }
}
