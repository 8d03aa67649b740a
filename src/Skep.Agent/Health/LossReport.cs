using Skep.Agent.Events;
using Skep.Engine.Runtime;

namespace Skep.Agent.Health;

/// <summary>What is lost so far, as <c>skep run</c> tells it: cheap enough to look at once a second.</summary>
sealed record LossReport
{
    IReadOnlyList<HookStatistics> Hooks { get; init; } = [];

    long Undecided { get; init; }

    long Malformed { get; init; }

    long TakenBack { get; init; }

    long ContainerErrors { get; init; }

    long LostByOutput { get; init; }

    long LostByClients { get; init; }

    ExportFileStatus? ExportFile { get; init; }

    /// <summary>Events that were lost on the way to this process, or in it.</summary>
    public long Lost => Hooks.Sum(h => h.Lost) + Undecided + Malformed;

    public static LossReport Of(SkepEngine engine, EventCounts counts, OutputWriter? output, ExportFileStatus? file) => new()
    {
        Hooks = [.. engine.Statistics().Where(h => h.Lost > 0)],
        Undecided = engine.Undecided,
        Malformed = engine.Malformed,
        TakenBack = engine.Dropped,
        ContainerErrors = engine.MalformedContainerStates,
        LostByOutput = output?.Lost ?? 0,
        LostByClients = counts.LostByClients,
        ExportFile = file,
    };

    /// <summary>What has changed since another report.</summary>
    public IEnumerable<string> Since(LossReport before)
    {
        foreach (var hook in Hooks)
        {
            if (before.Hooks.FirstOrDefault(h => h.Hook == hook.Hook)?.Lost == hook.Lost) continue;
            yield return $"{hook.Hook}: lost {hook.LostRing} (ring full), {hook.LostSlot} (no working memory), {hook.LostProcess} (no process record), {hook.LostCall} (return not seen), {hook.Missed} (not run by the kernel)";
        }
        if (Undecided != before.Undecided) yield return $"lost {Undecided} events that waited for what a runtime knows of their container: too many did";
        if (Malformed != before.Malformed) yield return $"lost {Malformed} records that could not be understood";
        if (LostByOutput != before.LostByOutput) yield return $"standard output lost {LostByOutput} events that nobody read in time";
        if (LostByClients != before.LostByClients) yield return $"clients lost {LostByClients} events that they did not take in time";
        if (ExportFile is { } file && (file.LostSlow, file.LostFailed, file.LostLimited) != (before.ExportFile?.LostSlow ?? 0, before.ExportFile?.LostFailed ?? 0, before.ExportFile?.LostLimited ?? 0))
        {
            yield return $"{file.Path}: lost {file.LostSlow} (too slow), {file.LostFailed} (cannot be written), {file.LostLimited} (rate limit)";
        }
        if (ContainerErrors != before.ContainerErrors) yield return $"{ContainerErrors} files or answers of container runtimes were not what they should be";
        // Not a loss: once, so that nobody wonders at what it costs.
        if (TakenBack > 0 && before.TakenBack == 0) yield return "policies ask what the kernel cannot decide: it lets more through, and the rest is decided here (skep explain; skep status counts them)";
    }
}
