using Skep.Engine.Runtime;
using Skep.Tetragon.Api;
using PolicyStatistics = Skep.Engine.Runtime.PolicyStatistics;

namespace Skep.Agent.Metrics;

/// <summary>All metrics of the agent. <c>docs/metrics.md</c> lists the same, which a test sees to.</summary>
static class AgentMetrics
{
    static readonly (Metric Metric, Func<AgentSnapshot, IEnumerable<MetricSample>> Read)[] s_all =
    [
        Counter("tetragon_events_total", "events", "Events that were told.", ["type"], s => s.EventsByType.Select(e => new MetricSample(e.Events, NameOf(e.Type)))),
        Counter("tetragon_policy_events_total", "events", "Events of policies, by hook.", ["policy", "hook"],
            s => s.Engine.Policies.SelectMany(p => p.Rules.Select(r => new MetricSample(r.Posted - r.Dropped, NameOf(p), r.Hook)))),
        Counter("tetragon_observer_ringbuf_events_received_total", "records", "Records that came out of the ring buffer.", s => s.Engine.Received),
        Counter("tetragon_observer_ringbuf_events_lost_total", "records", "Records for which the ring buffer had no room.", s => s.Engine.Hooks.Sum(h => h.LostRing)),
        Counter("tetragon_observer_ringbuf_errors_total", "records", "Records that could not be understood.", s => s.Engine.Malformed),
        Counter("tetragon_events_missing_process_info_total", "events", "Events of hooks whose process is not known.", s => s.UnknownProcesses),
        Counter("tetragon_notify_overflowed_events_total", "events", "Events that clients of the API lost because they did not take them.", s => Lost(s, "client_slow")),
        Counter("tetragon_events_exported_total", "events", "Events written to the export file.", [], s => File(s, f => f.Events)),
        Counter("tetragon_events_exported_bytes_total", "bytes", "Bytes written to the export file.", [], s => File(s, f => f.Bytes)),
        Gauge("tetragon_events_last_exported_timestamp", "seconds since 1970", "When events were last written to the export file.", [],
            s => s.Status.ExportFile?.LastExport is { } last ? [new MetricSample(last.ToUnixTimeMilliseconds() / 1000.0)] : []),
        Counter("tetragon_export_ratelimit_events_dropped_total", "events", "Events over the rate limit of the export file.", [], s => File(s, f => f.LostLimited)),
        Gauge("tetragon_process_cache_size", "processes", "Processes that are remembered, ended ones included.", s => s.Processes),
        Counter("tetragon_process_cache_evictions_total", "processes", "Processes that were forgotten early because memory was short.", s => s.EvictedProcesses),
        Gauge("tetragon_map_entries", "entries", "Entries of the kernel's tables.", ["map"], s => s.Tables.Select(t => new MetricSample(t.Entries, t.Map))),
        Gauge("tetragon_map_capacity", "entries", "Entries that the kernel's tables can have.", ["map"], s => s.Tables.Select(t => new MetricSample(t.Capacity, t.Map))),
        Gauge("tetragon_tracingpolicy_loaded", "policies", "Policies by state: enabled, disabled, load_error, or partially_enabled, which is without some hooks.", ["state"], States),
        Gauge("tetragon_tracingpolicy_kernel_memory_bytes", "bytes", "Kernel memory that exists because of a policy.", ["policy"], s => s.Engine.Policies.Select(p => new MetricSample(p.KernelBytes, NameOf(p)))),
        Counter("tetragon_tracingpolicy_selector_actions_total", "matches", "What selectors of policies did; actions that never happened are left out.",
            ["policy", "hook", "hook_index", "selector_index", "action"], s => s.Engine.Policies.SelectMany(Actions)),
        Counter("tetragon_overhead_program_runs_total", "runs", "Runs of programs that were measured: only while the kernel's statistics are on.", ["attach"],
            s => s.Engine.Programs.Where(p => p.Runs > 0).Select(p => new MetricSample(p.Runs, p.Hook))),
        Counter("tetragon_overhead_program_seconds_total", "seconds", "Time of these runs.", ["attach"], s => s.Engine.Programs.Where(p => p.Runs > 0).Select(p => new MetricSample(p.RunTime.TotalSeconds, p.Hook))),
        Counter("tetragon_missed_prog_probes_total", "runs", "Runs of programs that the kernel left out because one ran on that processor already.", ["attach"], s => s.Engine.Programs.Select(p => new MetricSample(p.Missed, p.Hook))),
        Gauge("tetragon_build_info", "1", "Version of the agent.", ["version"], s => [new MetricSample(1, $"skep {s.Status.Version}")]),

        Counter("skep_hook_hits_total", "runs", "Runs of the programs at a hook.", ["hook"], s => Hooks(s, h => h.Hits)),
        Counter("skep_hook_events_sent_total", "records", "Records that they sent.", ["hook"], s => Hooks(s, h => h.Sent)),
        Counter("skep_hook_events_limited_total", "events", "Events that rate limits of policies held back.", ["hook"], s => Hooks(s, h => h.Limited)),
        Counter("skep_hook_filtered_total", "runs", "Runs that no policy wanted an event of.", ["hook"], s => Hooks(s, h => Math.Max(0, h.Hits - h.Sent - h.Limited - (h.Lost - h.Missed)))),
        Counter("skep_hook_events_lost_total", "events", "Events that were lost in the kernel, by cause.", ["hook", "cause"], s => s.Engine.Hooks.SelectMany(HookLosses)),
        Counter("skep_events_lost_total", "events", "Events that were lost anywhere, by cause.", ["cause"], s => s.Status.Losses.Select(l => new MetricSample(l.Events, l.Cause))),
        Counter("skep_events_taken_back_total", "events", "Events that the kernel let through because it cannot decide them, and that were no match.", s => s.Status.TakenBack),
        Counter("skep_container_state_errors_total", "files", "Files and answers of container runtimes that were not what they should be.", s => s.Status.ContainerErrors),
        Gauge("skep_map_memory_bytes", "bytes", "Kernel memory of a map.", ["map"], s => s.Engine.Maps.Select(m => new MetricSample(m.Value, m.Key))),
        Gauge("skep_process_tree_bytes", "bytes", "Memory of what is remembered of processes.", s => s.Engine.ProcessTreeBytes),
        Gauge("skep_process_tree_limit_bytes", "bytes", "Memory that it may take (--process-memory).", s => s.ProcessLimitBytes),
        Gauge("skep_cpu_usage_ratio", "share of the machine", "Processor time of the agent's process over the last ten seconds.", s => s.Status.RecentCpuShare),
        Gauge("skep_cpu_budget_ratio", "share of the machine", "Processor time that it may take (--cpu-budget).", s => s.Status.Budget.Cpu),
        Gauge("skep_memory_budget_bytes", "bytes", "Resident memory that it may take (--memory-budget).", s => s.Status.Budget.Memory),
        Gauge("skep_events_per_second", "events a second", "Events that were told over the last ten seconds.", s => s.Status.EventsPerSecond),
        Gauge("skep_clients", "streams", "Streams of events of clients of the API.", s => s.Status.Clients),
        Counter("skep_api_refused_total", "requests", "Connections and calls that the API refused.", s => s.Status.Refused),
        Gauge("skep_export_file_waiting_bytes", "bytes", "Events that wait to be written to the export file.", [], s => File(s, f => f.Waiting)),
        Gauge("skep_export_file_failing", "0 or 1", "Whether the export file cannot be written.", [], s => File(s, f => f.Failure is null ? 0 : 1)),
        Gauge("skep_recorder_window_seconds", "seconds", "How far back the recorder goes.", [], s => s.Status.Recorder is { } recorder ? [new MetricSample(recorder.Span.TotalSeconds)] : []),
        Gauge("skep_recorder_bytes", "bytes", "What the recorder has on disk.", [], s => s.Status.Recorder is { } recorder ? [new MetricSample(recorder.Bytes)] : []),
        Gauge("skep_ability", "0, 0.5 or 1", "What the agent can do here: 1 for on, 0.5 for degraded, 0 for off.", ["name"],
            s => s.Status.Abilities.Select(a => new MetricSample(a.State switch { AbilityState.On => 1, AbilityState.Degraded => 0.5, _ => 0 }, a.Name))),

        Counter("process_cpu_seconds_total", "seconds", "Processor time of the agent's process.", s => s.Status.CpuTime.TotalSeconds),
        Gauge("process_resident_memory_bytes", "bytes", "Resident memory of the agent's process.", s => s.Status.ResidentBytes),
        Gauge("process_start_time_seconds", "seconds since 1970", "When the agent's process started.", s => s.Status.Started.ToUnixTimeMilliseconds() / 1000.0),
    ];

    /// <summary>All metrics, in the order in which they are written.</summary>
    public static IEnumerable<Metric> All => s_all.Select(m => m.Metric);

    /// <summary>The page.</summary>
    public static string Write(AgentSnapshot snapshot)
    {
        var text = new MetricsText();
        foreach (var (metric, read) in s_all) text.Write(metric, read(snapshot));
        return text.ToString();
    }

    static (Metric, Func<AgentSnapshot, IEnumerable<MetricSample>>) Counter(string name, string unit, string help, Func<AgentSnapshot, double> read) => Counter(name, unit, help, [], s => [new MetricSample(read(s))]);

    static (Metric, Func<AgentSnapshot, IEnumerable<MetricSample>>) Counter(string name, string unit, string help, string[] labels, Func<AgentSnapshot, IEnumerable<MetricSample>> read) =>
        (new Metric(name, MetricType.Counter, unit, help, labels), read);

    static (Metric, Func<AgentSnapshot, IEnumerable<MetricSample>>) Gauge(string name, string unit, string help, Func<AgentSnapshot, double> read) => Gauge(name, unit, help, [], s => [new MetricSample(read(s))]);

    static (Metric, Func<AgentSnapshot, IEnumerable<MetricSample>>) Gauge(string name, string unit, string help, string[] labels, Func<AgentSnapshot, IEnumerable<MetricSample>> read) =>
        (new Metric(name, MetricType.Gauge, unit, help, labels), read);

    static IEnumerable<MetricSample> File(AgentSnapshot snapshot, Func<Events.ExportFileStatus, double> read) => snapshot.Status.ExportFile is { } file ? [new MetricSample(read(file))] : [];

    static double Lost(AgentSnapshot snapshot, string cause) => snapshot.Status.Losses.Where(l => l.Cause == cause).Sum(l => l.Events);

    static IEnumerable<MetricSample> Hooks(AgentSnapshot snapshot, Func<HookStatistics, long> read) => snapshot.Engine.Hooks.Select(h => new MetricSample(read(h), h.Hook));

    static IEnumerable<MetricSample> HookLosses(HookStatistics hook) =>
    [
        new(hook.LostRing, hook.Hook, "ring_full"), new(hook.LostSlot, hook.Hook, "no_working_memory"), new(hook.LostProcess, hook.Hook, "no_process_record"),
        new(hook.LostCall, hook.Hook, "return_not_seen"), new(hook.Missed, hook.Hook, "not_run"),
    ];

    static IEnumerable<MetricSample> States(AgentSnapshot snapshot)
    {
        var loaded = snapshot.Engine.Policies.Select(p => (p.Policy.Namespace, p.Policy.Name)).ToHashSet();
        var states = snapshot.Policies.CountBy(p => !p.IsEnabled ? "disabled" : !loaded.Contains((p.Policy.Namespace, p.Policy.Name)) ? "load_error" : p.Error.Length > 0 ? "partially_enabled" : "enabled")
            .ToDictionary(s => s.Key, s => s.Value);
        return ((string[])["enabled", "disabled", "load_error", "partially_enabled"]).Select(state => new MetricSample(states.GetValueOrDefault(state), state));
    }

    static IEnumerable<MetricSample> Actions(PolicyStatistics policy)
    {
        foreach (var rule in policy.Rules)
        {
            foreach (var (action, count) in ((string, long)[])
                [
                    ("post", rule.Posted - rule.Dropped), ("nopost", rule.NotPosted), ("signal", rule.Signalled), ("monitor_signal", rule.WouldSignal), ("override", rule.Overridden),
                    ("monitor_override", rule.WouldOverride),
                ])
            {
                if (count > 0) yield return new MetricSample(count, NameOf(policy), rule.Hook, Text(rule.Request), Text(rule.Rule), action);
            }
        }
    }

    static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    static string NameOf(PolicyStatistics policy) => policy.Policy.Namespace.Length > 0 ? $"{policy.Policy.Namespace}/{policy.Policy.Name}" : policy.Policy.Name;

    /// <summary>As the API calls it.</summary>
    static string NameOf(EventType type) => type switch
    {
        EventType.ProcessExec => "PROCESS_EXEC",
        EventType.ProcessExit => "PROCESS_EXIT",
        EventType.ProcessKprobe => "PROCESS_KPROBE",
        EventType.ProcessTracepoint => "PROCESS_TRACEPOINT",
        EventType.ProcessUprobe => "PROCESS_UPROBE",
        EventType.ProcessLsm => "PROCESS_LSM",
        EventType.ProcessUsdt => "PROCESS_USDT",
        EventType.ProcessLoader => "PROCESS_LOADER",
        _ => type.ToString(),
    };
}
