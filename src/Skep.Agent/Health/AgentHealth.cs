using System.Diagnostics;
using System.Reflection;
using Skep.Agent.Api;
using Skep.Agent.Containers;
using Skep.Agent.Events;
using Skep.Agent.Policies;
using Skep.Engine.Recording;
using Skep.Engine.Runtime;
using Skep.Tetragon.Api;

namespace Skep.Agent.Health;

/// <summary>Knows how the agent is. On the engine's thread.</summary>
sealed class AgentHealth(AgentOptions options, EventHub hub, OutputWriter? output, ExportFileSink? exportFile, Recorder? recorder, RuntimeSockets runtimes)
{
    /// <summary>What is near its budget would be told all the time.</summary>
    static readonly TimeSpan s_quiet = TimeSpan.FromMinutes(1);

    /// <summary>Looking for code that can go takes a few milliseconds.</summary>
    static readonly TimeSpan s_releaseInterval = TimeSpan.FromSeconds(20);

    readonly ResourceMeter _meter = new();
    bool _wasOverBudget;
    long _budgetTold, _codeReleased;

    public static string Version { get; } = typeof(AgentHealth).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Looks at what the process takes, once a second; says so when that has become more than it may be, or no longer is.</summary>
    public void Sample(TextWriter messages)
    {
        _meter.Sample(hub.Counts.Total);
        var (cpu, memory) = (_meter.Recent(hub.Counts.Total).CpuShare, ResourceMeter.ResidentBytes);
        if (memory > options.Budget.Memory / 8 * 7 && Stopwatch.GetElapsedTime(_codeReleased) >= s_releaseInterval)
        {
            MappedCode.Release();
            (_codeReleased, memory) = (Stopwatch.GetTimestamp(), ResourceMeter.ResidentBytes);
        }
        // What the start took is over after ten seconds.
        var isOver = (_meter.IsSettled && cpu > options.Budget.Cpu) || memory > options.Budget.Memory;
        if (isOver == _wasOverBudget || (_budgetTold != 0 && Stopwatch.GetElapsedTime(_budgetTold) < s_quiet)) return;
        (_wasOverBudget, _budgetTold) = (isOver, Stopwatch.GetTimestamp());
        messages.WriteLine($"skep: {(isOver ? "over" : "within")} its budget{(isOver ? "" : " again")}: {HealthLine.Resources(cpu, memory, options.Budget)}");
    }

    /// <summary>How the agent is, without <see cref="AgentStatus.Abilities"/>.</summary>
    public AgentStatus Describe(SkepEngine engine, EngineStatistics measured, IReadOnlyList<StoredPolicy> policies, ApiCounters api)
    {
        var (cpu, events) = _meter.Recent(hub.Counts.Total);
        var view = View();
        var file = exportFile?.Status;
        var enabled = policies.Where(p => p.IsEnabled).ToList();
        var loaded = engine.Policies.Select(p => (p.Policy.Namespace, p.Policy.Name)).ToHashSet();
        return new AgentStatus
        {
            Version = Version,
            Started = _meter.StartTime,
            Budget = options.Budget,
            CpuTime = ResourceMeter.CpuTime,
            CpuShare = _meter.CpuShare,
            RecentCpuShare = cpu,
            ResidentBytes = ResourceMeter.ResidentBytes,
            KernelBytes = measured.MapBytes,
            Events = hub.Counts.Total,
            EventsPerSecond = events,
            Losses = [.. Losses(measured, hub.Counts.LostByClients, output, file, view)],
            LoadedPolicies = enabled.Count(p => loaded.Contains((p.Policy.Namespace, p.Policy.Name))),
            DisabledPolicies = policies.Count - enabled.Count,
            FaultyPolicies = enabled.Count(p => p.Error.Length > 0 || !loaded.Contains((p.Policy.Namespace, p.Policy.Name))),
            Clients = hub.Clients,
            ExportFile = file,
            Recorder = view,
            TakenBack = measured.Dropped,
            ContainerErrors = measured.MalformedContainerStates,
            Refused = api.RefusedAtAll,
        };
    }

    /// <summary>What the kernel and the agent's configuration make possible; may take a while, and be asked on any thread.</summary>
    public IReadOnlyList<AbilityStatus> Abilities(ExportFileStatus? file, RecorderView? view) =>
    [
        .. KernelAbilities.Find(),
        options.Engine.PinDirectory is null
            ? new AbilityStatus("enforcement without the agent", AbilityState.Off, "--pin-directory none: policies end with the agent")
            : new AbilityStatus("enforcement without the agent", AbilityState.On),
        runtimes.Ability(),
        options.Api.IsWanted ? new AbilityStatus("API", AbilityState.On) : new AbilityStatus("API", AbilityState.Off, "--server-address none"),
        options.MetricsAddress is null ? new AbilityStatus("metrics", AbilityState.Off, "no --metrics-server") : new AbilityStatus("metrics", AbilityState.On),
        file is null ? new AbilityStatus("export file", AbilityState.Off, "no --export-filename")
            : new AbilityStatus("export file", file.Failure is null ? AbilityState.On : AbilityState.Degraded, file.Failure is null ? "" : $"events wait: {file.Failure}"),
        .. view?.PausedBecause is { } reason ? (AbilityStatus[])[new AbilityStatus("recorder", AbilityState.Degraded, $"paused: {reason}")] : [],
    ];

    RecorderView? View() => recorder?.Status is { } status
        ? new RecorderView(status.Oldest is { } oldest ? DateTimeOffset.UtcNow - oldest : TimeSpan.Zero, status.Bytes, status.LostBehind + status.LostPaused, status.PausedBecause)
        : null;

    static IEnumerable<LossCount> Losses(EngineStatistics engine, long clients, OutputWriter? output, ExportFileStatus? file, RecorderView? recorder)
    {
        yield return new("ring_full", "the ring buffer was full", engine.Hooks.Sum(h => h.LostRing));
        yield return new("no_working_memory", "no working memory in the kernel", engine.Hooks.Sum(h => h.LostSlot));
        yield return new("no_process_record", "no memory for the process's record", engine.Hooks.Sum(h => h.LostProcess));
        yield return new("return_not_seen", "the function's return was not seen", engine.Hooks.Sum(h => h.LostCall));
        yield return new("not_run", "the kernel left a program's run out, within itself or another one", engine.Hooks.Sum(h => h.Missed));
        yield return new("undecided", "too many waited for what a runtime knows of their container", engine.Undecided);
        yield return new("malformed", "records that could not be understood", engine.Malformed);
        yield return new("orphaned", "records of the agent before, of other policies", engine.Orphaned);
        yield return new("unclaimed", "matches of no policy", engine.Unclaimed);
        yield return new("client_slow", "not taken by clients of the API", clients);
        if (output is not null) yield return new("output_slow", "not read from standard output", output.Lost);
        if (file is not null)
        {
            yield return new("export_rate_limit", "over the rate limit of the export file", file.LostLimited);
            yield return new("export_slow", "faster than the export file could be written", file.LostSlow);
            yield return new("export_failed", "the export file could not be written", file.LostFailed);
        }
        if (recorder is not null) yield return new("recorder", "not recorded", recorder.Lost);
    }
}
