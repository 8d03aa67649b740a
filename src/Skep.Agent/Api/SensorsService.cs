using System.Reflection;
using Grpc.Core;
using Skep.Agent.Health;
using Skep.Agent.Policies;
using Skep.Bpf;
using Skep.Engine.Containers;
using Skep.Engine.Rules;
using Skep.Engine.Runtime;
using Skep.Tetragon.Api;

namespace Skep.Agent.Api;

/// <summary>Tetragon's service, answered for its own clients.</summary>
sealed class SensorsService(AgentControl control, StreamLimit streams, MessageLog messages)
{
    /// <summary>Features by the names that Tetragon gives them.</summary>
    static readonly (string Name, AttachFeature Feature)[] s_probes =
    [
        ("kprobe_multi", AttachFeature.KprobeMulti), ("uprobe_multi", AttachFeature.UprobeMulti), ("fmodret", AttachFeature.ModifyReturn), ("fentry", AttachFeature.Fentry),
        ("lsm", AttachFeature.Lsm), ("kprobe", AttachFeature.Kprobe),
    ];

    static readonly Metadata s_served = new() { { StreamHeader.Name, StreamHeader.Served } };
    static readonly WriteOptions s_more = new(WriteFlags.BufferHint), s_last = new();

    public async Task GetEvents(GetEventsRequest request, IServerStreamWriter<EncodedEvent> stream, ServerCallContext call)
    {
        using var place = streams.Enter();
        using var subscription = control.Subscribe(request);
        subscription.Start();
        // A client learns that it is being served before the first event.
        await call.WriteResponseHeadersAsync(s_served);
        var encoded = new EncodedEvent();
        while (true)
        {
            try
            {
                await subscription.WaitAsync(call.CancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            for (var batch = subscription.Take(); !batch.IsEmpty;)
            {
                encoded.Bytes = batch.Next();
                stream.WriteOptions = batch.IsEmpty ? s_last : s_more;
                await stream.WriteAsync(encoded, call.CancellationToken);
            }
        }
    }

    public async Task<GetHealthStatusResponse> GetHealth(GetHealthStatusRequest request)
    {
        var response = new GetHealthStatusResponse();
        if (request.EventSet.Count > 0 && !request.EventSet.Contains(HealthStatusType.Status)) return response;
        // The engine's own thread answers: one that hangs is not well.
        var status = await control.Status();
        response.HealthStatus.Add(new HealthStatus { Event = HealthStatusType.Status, Status = HealthStatusResult.HealthStatusRunning, Details = HealthLine.Of(status) });
        return response;
    }

    public Task<AddTracingPolicyResponse> AddTracingPolicy(AddTracingPolicyRequest request) => Answer(() => control.Add(request.Yaml, request.Domain), new AddTracingPolicyResponse());

    public Task<DeleteTracingPolicyResponse> DeleteTracingPolicy(DeleteTracingPolicyRequest request) =>
        Answer(() => control.Delete(request.Name, request.Namespace, request.Domain), new DeleteTracingPolicyResponse());

    public Task<ConfigureTracingPolicyResponse> ConfigureTracingPolicy(ConfigureTracingPolicyRequest request)
    {
        PolicyMode? mode = !request.HasMode ? null : request.Mode switch
        {
            TracingPolicyMode.TpModeEnforce => PolicyMode.Enforce,
            TracingPolicyMode.TpModeMonitor => PolicyMode.Monitor,
            _ => throw Wrong($"a policy cannot be put into mode {request.Mode}"),
        };
        return Answer(() => control.Configure(request.Name, request.Namespace, request.Domain, request.HasEnable ? request.Enable : null, mode), new ConfigureTracingPolicyResponse());
    }

    public Task<EnableTracingPolicyResponse> EnableTracingPolicy(EnableTracingPolicyRequest request) =>
        Answer(() => control.Configure(request.Name, request.Namespace, request.Domain, isEnabled: true, null), new EnableTracingPolicyResponse());

    public Task<DisableTracingPolicyResponse> DisableTracingPolicy(DisableTracingPolicyRequest request) =>
        Answer(() => control.Configure(request.Name, request.Namespace, request.Domain, isEnabled: false, null), new DisableTracingPolicyResponse());

    public async Task<ListTracingPoliciesResponse> ListTracingPolicies(ListTracingPoliciesRequest request)
    {
        var response = new ListTracingPoliciesResponse();
        foreach (var policy in await control.List(request.Domain)) response.Policies.Add(Status(policy));
        return response;
    }

    public async Task<ListSensorsResponse> ListSensors()
    {
        var response = new ListSensorsResponse();
        response.Sensors.Add(new SensorStatus { Name = "process sensor", Enabled = true });
        foreach (var policy in await control.List(""))
        {
            foreach (var hook in Hooks(policy)) response.Sensors.Add(new SensorStatus { Name = hook, Enabled = policy.Loaded is not null, Collection = policy.Stored.Policy.Name });
        }
        return response;
    }

    public async Task<ListDomainsResponse> ListDomains()
    {
        var response = new ListDomainsResponse();
        response.Domains.AddRange(await control.Domains());
        return response;
    }

    public static Task<GetVersionResponse> GetVersion() => Task.FromResult(new GetVersionResponse { Version = Version });

    public static Task<GetInfoResponse> GetInfo()
    {
        var response = new GetInfoResponse { Version = Version, Name = "skep", Build = new GetInfoResponse.Types.BuildInfo { Commit = Version } };
        foreach (var (name, feature) in s_probes) response.Probes.Add(new GetInfoResponse.Types.Probe { Name = name, Enabled = Features.Attach(feature).IsPresent });
        return Task.FromResult(response);
    }

    public async Task<GetDebugResponse> GetDebug(GetDebugRequest request) => request.Flag switch
    {
        ConfigFlag.LogLevel => new GetDebugResponse { Flag = request.Flag, Level = messages.IsVerbose ? LogLevel.Debug : LogLevel.Info },
        ConfigFlag.DumpProcessCache => new GetDebugResponse { Flag = request.Flag, Processes = await Dump(request.Dump ?? new DumpProcessCacheReqArgs()) },
        _ => throw Wrong($"no such flag: {request.Flag}"),
    };

    public Task<SetDebugResponse> SetDebug(SetDebugRequest request)
    {
        if (request.Flag != ConfigFlag.LogLevel || request.ArgCase != SetDebugRequest.ArgOneofCase.Level) throw Wrong("only the log level can be set");
        messages.IsVerbose = request.Level switch
        {
            LogLevel.Info => false,
            LogLevel.Debug or LogLevel.Trace => true,
            // What the agent says at all is what its user must know.
            _ => throw Wrong("the log level is info or debug: losses and refusals are always told"),
        };
        return Task.FromResult(new SetDebugResponse { Flag = request.Flag, Level = messages.IsVerbose ? LogLevel.Debug : LogLevel.Info });
    }

    /// <summary>A runtime waits for the answer before it starts the container.</summary>
    public async Task<RuntimeHookResponse> RuntimeHook(RuntimeHookRequest request)
    {
        if (request.CreateContainer is not { } created) throw Wrong("there is no event in it that is known here: createContainer");
        if (created.CgroupsPath.Length == 0) throw Wrong("createContainer: cgroupsPath is missing");
        var notice = new ContainerNotice
        {
            Id = created.ContainerID.Length > 0 ? created.ContainerID : created.CgroupsPath.TrimEnd('/').Split('/', ':')[^1],
            Cgroup = created.CgroupsPath,
            Name = created.ContainerName,
            Image = created.ContainerImage,
            Pod = created.PodName.Length + created.PodUID.Length == 0 ? null
                : new PodInfo { Name = created.PodName, Namespace = created.PodNamespace, Uid = created.PodUID },
        };
        if (!await control.Ask(engine => engine.TellContainer(notice)))
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, $"there is no control group {notice.GroupPath} on this host"));
        }
        messages.Detail($"skep: container {notice.Id} is about to start");
        return new RuntimeHookResponse();
    }

    internal static string Version { get; } = typeof(SensorsService).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Prints the processes as events do.</summary>
    async Task<DumpProcessCacheResArgs> Dump(DumpProcessCacheReqArgs wanted)
    {
        var processes = await control.Ask(engine => engine.Processes.Processes.ToArray());
        var dump = new DumpProcessCacheResArgs();
        var printer = new ProcessMessages(control.Export);
        foreach (var process in processes)
        {
            // The kernel has a record of every process that runs.
            if ((wanted.SkipZeroRefcnt && process.References <= 0) || (wanted.ExcludeExecveMapProcesses && process.EndTime == 0)) continue;
            dump.Processes.Add(new ProcessInternal { Process = printer.Of(process), Refcnt = (uint)Math.Max(process.References, 0), Color = process.EndTime == 0 ? "inUse" : "deletePending" });
        }
        return dump;
    }

    internal static TracingPolicyState StateOf(PolicyStatus policy) =>
        !policy.Stored.IsEnabled ? TracingPolicyState.TpStateDisabled
        : policy.Loaded is null ? TracingPolicyState.TpStateLoadError
        : policy.Stored.Error.Length > 0 ? TracingPolicyState.TpStatePartiallyEnabled
        : TracingPolicyState.TpStateEnabled;

    internal static TracingPolicyMode ModeOf(PolicyStatus policy) =>
        !policy.Acts ? TracingPolicyMode.TpModeMonitorOnly
        : (policy.Loaded?.Mode ?? policy.Stored.Wanted.Mode) == PolicyMode.Enforce ? TracingPolicyMode.TpModeEnforce
        : TracingPolicyMode.TpModeMonitor;

    static TracingPolicyStatus Status(PolicyStatus policy)
    {
        var stored = policy.Stored;
        var status = new TracingPolicyStatus
        {
            Id = (ulong)stored.Id,
            Name = stored.Policy.Name,
            Namespace = stored.Policy.Namespace,
            Domain = stored.Domain,
            Error = stored.Error,
            State = StateOf(policy),
            Mode = ModeOf(policy),
        };
#pragma warning disable CS0612 // Old clients look at nothing else.
        status.Enabled = policy.Loaded is not null;
#pragma warning restore CS0612
        status.Sensors.AddRange(Hooks(policy));
        if (policy.Loaded is not { } loaded) return status;
        status.KernelMemoryBytes = (ulong)loaded.KernelBytes;
        status.Stats = new TracingPolicyStats { ActionCounters = Count(loaded.Rules) };
        foreach (var rule in loaded.Rules)
        {
            status.Stats.SelectorActionCounters.Add(new TracingPolicySelectorActionCounters { Hook = rule.Hook, SelectorIndex = (uint)rule.Rule, ActionCounters = Count([rule]) });
        }
        return status;
    }

    static TracingPolicyActionCounters Count(IReadOnlyList<RuleStatistics> rules) => new()
    {
        Post = (ulong)rules.Sum(r => r.Posted),
        Signal = (ulong)rules.Sum(r => r.Signalled),
        MonitorSignal = (ulong)rules.Sum(r => r.WouldSignal),
        Override = (ulong)rules.Sum(r => r.Overridden),
        MonitorOverride = (ulong)rules.Sum(r => r.WouldOverride),
        NotifyEnforcer = (ulong)rules.Sum(r => r.Notified),
        MonitorNotifyEnforcer = (ulong)rules.Sum(r => r.WouldNotify),
        Nopost = (ulong)rules.Sum(r => r.NotPosted),
    };

    static IEnumerable<string> Hooks(PolicyStatus policy) => policy.Stored.Policy.Hooks.Select(h => h.Target.ToString() ?? "").Distinct();

    static async Task<TResponse> Answer<TResponse>(Func<Task> wish, TResponse response)
    {
        await wish();
        return response;
    }

    static RpcException Wrong(string message) => new(new Status(StatusCode.InvalidArgument, message));
}
