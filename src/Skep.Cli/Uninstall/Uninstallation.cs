using System.Diagnostics;
using Skep.Agent;
using Skep.Cli.Bpf;
using Skep.Engine.Runtime;

namespace Skep.Cli.Uninstall;

/// <summary>Removes an installation and, where that is asked for, proves that nothing is left of it.</summary>
sealed class Uninstallation(TextWriter output)
{
    /// <summary>The kernel frees what was detached a moment later.</summary>
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    public required Installation Installation { get; init; }

    /// <summary>Whether a running agent is asked to end.</summary>
    public bool StopsAgent { get; init; }

    /// <summary>Whether nothing is changed.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>Whether to look for what is left.</summary>
    public bool Verifies { get; init; }

    /// <summary>What was done so far.</summary>
    public UninstallReport Report => field ??= new UninstallReport { DryRun = IsDryRun };

    /// <summary>Does it; the exit code.</summary>
    /// <exception cref="UserException">An agent runs, or a place is not Skep's.</exception>
    public int Run()
    {
        EndAgent();
        var pinned = Installation.PinDirectory is { } pins && Directory.Exists(pins) ? EngineObjects.FindPinnedIn(pins) : [];
        // Each may leave a directory empty, which then goes too.
        var done = new HashSet<string>();
        for (var traces = Traces.Find(Installation).ToList(); traces.Find(t => !done.Contains(t.What)) is { } trace; traces = [.. Traces.Find(Installation)])
        {
            if (!IsDryRun) trace.Remove();
            output.WriteLine($"{(IsDryRun ? "would remove" : "removed")} {trace.What}");
            done.Add(trace.What);
            Report.Removed.Add(new(trace.Kind, trace.Path));
        }
        if (pinned.Count > 0)
        {
            Report.Pinned = Count(pinned);
            output.WriteLine($"{(IsDryRun ? "would go" : "gone")} with the pins: {Text(pinned)}");
        }
        if (done.Count == 0) output.WriteLine("there is nothing to remove");
        if (!Installation.WithConfiguration && Installation.ConfigurationFile is { } file && Path.GetDirectoryName(Path.GetFullPath(file)) is var directory && Directory.Exists(directory))
        {
            Report.KeptConfiguration = directory;
            output.WriteLine($"kept the configuration in {directory}; --purge removes it");
        }
        return Verifies ? Verify(pinned) : SkepCommand.Success;
    }

    void EndAgent()
    {
        if (RunningAgent.Find(Installation.PinDirectory, Installation.StateDirectory) is { } pid)
        {
            (Report.AgentPid, Report.AgentEnded) = ((uint)pid, false);
            if (IsDryRun) output.WriteLine($"an agent runs, pid {pid}: {(StopsAgent ? "would end it" : "would refuse, unless it is ended or --stop is given")}");
            else if (!StopsAgent) throw new UserException($"an agent runs, pid {pid}: end it first (systemctl stop skep, or kill {pid}), or let --stop do it");
            else
            {
                RunningAgent.Stop(pid, Installation.PinDirectory, Installation.StateDirectory);
                Report.AgentEnded = true;
                output.WriteLine($"ended the agent, pid {pid}");
            }
        }
        else if (!IsDryRun && Traces.IsServed(Installation.Socket))
        {
            throw new UserException($"an agent with other directories serves {Installation.Socket}: end it first, or name its --pin-directory and --state-directory");
        }
    }

    int Verify(IReadOnlyList<EngineObject> pinned)
    {
        var objects = EngineObjects.Find();
        for (var started = Stopwatch.GetTimestamp(); !IsDryRun && objects.Intersect(pinned).Any() && Stopwatch.GetElapsedTime(started) < s_patience; objects = EngineObjects.Find()) Thread.Sleep(50);
        // Objects that come and go with other agents on this host are theirs, and yet Skep's.
        var holders = objects.Count > 0 ? Holders.Read() : null;
        foreach (var found in objects)
        {
            var by = holders!.Of($"{found.Kind}_id", found.Id);
            output.WriteLine($"left: {found}{(by.Count > 0 ? $", held by {string.Join(' ', by)}" : ", held by the kernel: pinned or attached")}");
        }
        var traces = Traces.Find(Installation).ToList();
        Report.Left = new(objects.Count + traces.Count == 0, [.. objects.Select(o => new UninstallReport.KernelObject(o.Kind, o.Id, o.Name, holders!.Of($"{o.Kind}_id", o.Id)))],
            [.. traces.Select(t => new UninstallReport.Place(t.Kind, t.Path))]);
        foreach (var trace in traces) output.WriteLine($"left: {trace.What}");
        if (objects.Count + traces.Count > 0)
        {
            output.WriteLine($"not clean: {Text(objects)} in the kernel, {traces.Count} places on disk");
            return SkepCommand.Failure;
        }
        output.WriteLine("clean: the kernel has no program with the name or the maps of Skep's, no map and no link of one; its places on disk are gone");
        return SkepCommand.Success;
    }

    static UninstallReport.ObjectCounts Count(IReadOnlyList<EngineObject> objects) => new(objects.Count(o => o.Kind == "prog"), objects.Count(o => o.Kind == "map"), objects.Count(o => o.Kind == "link"));

    static string Text(IReadOnlyList<EngineObject> objects)
    {
        var (programs, maps, links) = Count(objects);
        return $"{programs} programs, {maps} maps, {links} links";
    }
}
