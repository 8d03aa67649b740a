using Skep.Tetragon.Api;

namespace Skep.Cli.Client;

/// <summary>How an agent is, as <c>skep status</c> prints it.</summary>
sealed record StatusReport
{
    public required string Version { get; init; }
    public required DateTimeOffset Started { get; init; }
    public required double CpuSeconds { get; init; }
    public required double CpuPercent { get; init; }
    public required double RecentCpuPercent { get; init; }
    public required double CpuBudgetPercent { get; init; }
    public required ulong ResidentBytes { get; init; }
    public required ulong MemoryBudgetBytes { get; init; }
    public required ulong KernelBytes { get; init; }
    public required ulong Events { get; init; }
    public required double EventsPerSecond { get; init; }
    public required ulong Lost { get; init; }
    /// <summary>By cause.</summary>
    public required IReadOnlyDictionary<string, ulong> LostBy { get; init; }
    public required ulong TakenBack { get; init; }
    public required ulong ContainerErrors { get; init; }
    public required uint PoliciesLoaded { get; init; }
    public required uint PoliciesDisabled { get; init; }
    public required uint PoliciesWithErrors { get; init; }
    public required uint Clients { get; init; }
    public required IReadOnlyList<AbilityReport> Abilities { get; init; }
    public ExportFileReport? ExportFile { get; init; }
    public RecorderReport? Recorder { get; init; }

    /// <summary>Something that the agent can do, or not.</summary>
    public sealed record AbilityReport(string Name, string State, string? Reason);

    /// <summary>The export file.</summary>
    public sealed record ExportFileReport(string Path, ulong Events, ulong Bytes, ulong WaitingBytes, DateTimeOffset? LastExport, string? Failure);

    /// <summary>How far back the recorder goes.</summary>
    public sealed record RecorderReport(double WindowSeconds, ulong Bytes, string? PausedBecause);

    public static StatusReport From(GetStatusResponse status) => new()
    {
        Version = status.Version,
        Started = status.Started.ToDateTimeOffset(),
        CpuSeconds = status.Cpu.Time.ToTimeSpan().TotalSeconds,
        CpuPercent = Percent(status.Cpu.Share),
        RecentCpuPercent = Percent(status.Cpu.RecentShare),
        CpuBudgetPercent = Percent(status.Cpu.Budget),
        ResidentBytes = status.Memory.ResidentBytes,
        MemoryBudgetBytes = status.Memory.BudgetBytes,
        KernelBytes = status.Memory.KernelBytes,
        Events = status.Events,
        EventsPerSecond = Math.Round(status.EventsPerSecond, 1),
        Lost = status.Losses.Aggregate(0UL, (sum, loss) => sum + loss.Events),
        LostBy = status.Losses.ToDictionary(loss => loss.Cause, loss => loss.Events),
        TakenBack = status.TakenBack,
        ContainerErrors = status.ContainerErrors,
        PoliciesLoaded = status.Policies.Loaded,
        PoliciesDisabled = status.Policies.Disabled,
        PoliciesWithErrors = status.Policies.WithErrors,
        Clients = status.Clients,
        Abilities = [.. status.Abilities.Select(a => new AbilityReport(a.Name, StateOf(a.State), TextOrNull(a.Reason)))],
        ExportFile = status.ExportFile is { } file
            ? new ExportFileReport(file.Path, file.Events, file.Bytes, file.WaitingBytes, file.LastExport?.ToDateTimeOffset(), TextOrNull(file.Failure))
            : null,
        Recorder = status.Recorder is { } recorder ? new RecorderReport(recorder.Span.ToTimeSpan().TotalSeconds, recorder.Bytes, TextOrNull(recorder.PausedBecause)) : null,
    };

    static double Percent(double share) => Math.Round(share * 100, 2);

    static string StateOf(AbilityState state) => state switch
    {
        AbilityState.On => "on",
        AbilityState.Degraded => "degraded",
        AbilityState.Off => "off",
        _ => "unknown",
    };

    static string? TextOrNull(string text) => text.Length > 0 ? text : null;
}
