using System.Globalization;
using Skep.Tetragon.Api;

namespace Skep.Agent.Health;

/// <summary>How an agent is, in one line.</summary>
public static class HealthLine
{
    /// <summary>The line.</summary>
    public static string Of(AgentStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        var parts = new List<string>
        {
            $"skep {status.Version.Split('+')[0]}",
            Count(status.LoadedPolicies, "policy", "policies") + (status.FaultyPolicies > 0 ? $" ({status.FaultyPolicies} with errors)" : ""),
            Resources(status.RecentCpuShare, status.ResidentBytes, status.Budget),
            string.Create(CultureInfo.InvariantCulture, $"{status.EventsPerSecond:N0} events/s"),
            status.Lost == 0 ? "none lost" : $"{status.Lost} lost ({string.Join(", ", status.Losses.Where(l => l.Events > 0).OrderByDescending(l => l.Events).Take(3).Select(l => $"{l.Cause} {l.Events}"))})",
        };
        if (status.Recorder is { } recorder) parts.Add(recorder.PausedBecause is null ? $"recorder {Span(recorder.Span)}" : "recorder paused");
        if (status.ExportFile is { Failure: { } failure }) parts.Add($"export file: {failure}");
        var degraded = status.Abilities.Where(a => a.State == AbilityState.Degraded).Select(a => a.Name).ToList();
        if (degraded.Count > 0) parts.Add($"degraded: {string.Join(", ", degraded)}");
        return string.Join(" · ", parts);
    }

    /// <summary>What is taken of what may be.</summary>
    public static string Resources(double cpu, long memory, ResourceBudget budget)
    {
        ArgumentNullException.ThrowIfNull(budget);
        return string.Create(CultureInfo.InvariantCulture,
            $"cpu {cpu * 100:0.0} % of {budget.Cpu * 100:0.##} %{(cpu > budget.Cpu ? " (over)" : "")} · memory {memory / 1e6:0} MB of {budget.Memory / 1e6:0} MB{(memory > budget.Memory ? " (over)" : "")}");
    }

    static string Count(int count, string one, string many) => $"{count} {(count == 1 ? one : many)}";

    static string Span(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalHours}:{span.Minutes:00}:{span.Seconds:00}");
}
