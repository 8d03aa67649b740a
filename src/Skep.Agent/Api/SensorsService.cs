using System.Reflection;
using Grpc.Core;
using Skep.Agent.Events;
using Skep.Agent.Health;
using Skep.Agent.Policies;
using Skep.Bpf;
using Skep.Engine.Processes;
using Skep.Engine.Rules;
using Skep.Engine.Runtime;
using Skep.Tetragon.Api;
using Skep.Tetragon.Export;
using Skep.Tetragon.Filters;

namespace Skep.Agent.Api;

/// <summary>Tetragon's service, answered for its own clients.</summary>
sealed class SensorsService(AgentControl control, StreamLimit streams)
{
    /// <summary>Features by the names that Tetragon gives them.</summary>
    static readonly (string Name, AttachFeature Feature)[] s_probes =
    [
        ("kprobe_multi", AttachFeature.KprobeMulti), ("uprobe_multi", AttachFeature.UprobeMulti), ("fmodret", AttachFeature.ModifyReturn), ("fentry", AttachFeature.Fentry),
        ("lsm", AttachFeature.Lsm), ("kprobe", AttachFeature.Kprobe),
    ];

    static readonly WriteOptions s_more = new(WriteFlags.BufferHint), s_last = new();

    public async Task GetEvents(GetEventsRequest request, IServerStreamWriter<EncodedEvent> stream, ServerCallContext call)
    {
        using var place = streams.Enter();
        using var subscription = Subscribe(request);
        subscription.Start();
        // A client learns that it is being served before the first event.
        await call.WriteResponseHeadersAsync([]);
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

    EventSubscription Subscribe(GetEventsRequest request)
    {
        try
        {
            return control.Subscribe(request);
        }
        catch (FilterException error)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, error.Message));
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
            _ => throw new RpcException(new Status(StatusCode.InvalidArgument, $"a policy cannot be put into mode {request.Mode}")),
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

    public async Task<GetDebugResponse> GetDebug(GetDebugRequest request)
    {
        if (request.Flag == ConfigFlag.LogLevel) return new GetDebugResponse { Flag = request.Flag, Level = LogLevel.Info };
        if (request.Flag != ConfigFlag.DumpProcessCache) throw new RpcException(new Status(StatusCode.InvalidArgument, $"no such flag: {request.Flag}"));
        return new GetDebugResponse { Flag = request.Flag, Processes = await control.Ask(engine => Dump(engine.Processes, request.Dump ?? new DumpProcessCacheReqArgs(), control.Export)) };
    }

    static string Version { get; } = typeof(SensorsService).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Prints the processes as events do.</summary>
    static DumpProcessCacheResArgs Dump(ProcessTree processes, DumpProcessCacheReqArgs wanted, ExportOptions export)
    {
        var dump = new DumpProcessCacheResArgs();
        var printer = new ExportWriter(export with { CachedProcesses = 1 });
        var transcoder = new EventTranscoder();
        foreach (var process in processes.Processes)
        {
            if (wanted.SkipZeroRefcnt && process.References <= 0) continue;
            printer.WriteExec(process, process.Id.Start);
            dump.Processes.Add(new ProcessInternal
            {
                Process = GetEventsResponse.Parser.ParseFrom(transcoder.Encode(printer.Written)).ProcessExec.Process,
                Refcnt = (uint)Math.Max(process.References, 0),
                Color = process.EndTime == 0 ? "inUse" : "deletePending",
            });
            printer.Reset();
        }
        return dump;
    }

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
            State = !stored.IsEnabled ? TracingPolicyState.TpStateDisabled
                : policy.Loaded is null ? TracingPolicyState.TpStateLoadError
                : stored.Error.Length > 0 ? TracingPolicyState.TpStatePartiallyEnabled
                : TracingPolicyState.TpStateEnabled,
            Mode = !policy.Acts ? TracingPolicyMode.TpModeMonitorOnly : (policy.Loaded?.Mode ?? stored.Wanted.Mode) == PolicyMode.Enforce ? TracingPolicyMode.TpModeEnforce : TracingPolicyMode.TpModeMonitor,
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
        Nopost = (ulong)rules.Sum(r => r.NotPosted),
    };

    static IEnumerable<string> Hooks(PolicyStatus policy) => policy.Stored.Policy.Hooks.Select(h => h.Target.ToString() ?? "").Distinct();

    static async Task<TResponse> Answer<TResponse>(Func<Task> wish, TResponse response)
    {
        try
        {
            await wish();
            return response;
        }
        catch (PolicyRefusedException refused)
        {
            var code = refused.Reason switch
            {
                PolicyRefusal.NotFound => StatusCode.NotFound,
                PolicyRefusal.Exists => StatusCode.AlreadyExists,
                PolicyRefusal.Invalid => StatusCode.InvalidArgument,
                _ => StatusCode.FailedPrecondition,
            };
            throw new RpcException(new Status(code, refused.Message));
        }
        catch (ObjectDisposedException)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the agent is about to end"));
        }
    }
}
