using Skep.Agent.Api;
using Skep.Agent.Events;
using Skep.Agent.Health;
using Skep.Agent.Metrics;
using Skep.Agent.Policies;
using Skep.Bpf;
using Skep.Engine.Compilation;
using Skep.Engine.Rules;
using Skep.Engine.Runtime;
using Skep.Falco;
using Skep.Tetragon.Api;
using Skep.Tetragon.Export;
using Skep.Tetragon.Filters;
using Skep.Tetragon.Policies;

namespace Skep.Agent;

/// <summary>What clients may ask of a running agent, from any thread. What concerns the engine is done on its thread, one wish after the other.</summary>
sealed class AgentControl(EngineCalls calls, EventHub hub, SelfTest selfTest, AgentOptions options, ExportOptions export, PolicyArchive? archive)
{
    PolicyStore Store
    {
        get;
        set
        {
            field = value;
            hub.OthersChooseExecutions = value.Wanted.Any(p => p.Hooks.Any(h => h.Target is ExecutionHook && !FalcoPlan.Owns(h)));
        }
    } = archive?.Load() ?? new();

    long _changes;

    /// <summary>How many policies are wanted, on the engine's thread; before the first <see cref="Replace"/> those that were kept.</summary>
    public int Wanted => Store.Wanted.Count;

    /// <summary>What the API did.</summary>
    public ApiCounters Api { get; } = new();

    /// <summary>What events say of node and processes.</summary>
    public ExportOptions Export => export;

    /// <summary>Events so far.</summary>
    public long Events => hub.Counts.Total;

    /// <summary>Who takes them.</summary>
    public int Streams => hub.Clients;

    /// <summary>What the agent was asked to do.</summary>
    public AgentOptions Options => options;

    /// <summary>The stream of events that a client wants.</summary>
    /// <exception cref="FilterException">Its filters have an error.</exception>
    public EventSubscription Subscribe(GetEventsRequest request) => new(hub, request, export, options.Api.ClientBuffer);

    /// <summary>Replaces the policies of files, on the engine's thread; clients' stay. Those of them that this kernel refuses, after a restart on another one, stand in nobody's way.</summary>
    public ApplyResult Replace(SkepEngine engine, IReadOnlyList<Policy> policies)
    {
        var wanted = Store.WithStatic(policies);
        var result = engine.Apply(selfTest.With(wanted.Wanted), asWhole: !options.Engine.BestEffort);
        var refused = result.IsInForce ? [] : wanted.Policies.Where(p => p.Domain != PolicyStore.StaticDomain && result.Failures.Any(f => !f.IsIgnored && p.Is(f.Policy.Name, f.Policy.Namespace, ""))).ToList();
        if (refused.Count > 0)
        {
            wanted = WithErrors(wanted.LeavingOut(refused), result);
            var failures = result.Failures;
            result = engine.Apply(selfTest.With(wanted.Wanted), asWhole: true);
            result = result with { Failures = [.. failures.Union(result.Failures)] };
        }
        if (result.IsInForce) Store = WithErrors(wanted, result);
        return result;
    }

    /// <summary>Puts a client's policies in force, all that the text has or none.</summary>
    /// <exception cref="PolicyRefusedException">One of them has errors, exists, or asks for what this kernel cannot give.</exception>
    public Task Add(string text, string domain)
    {
        if (domain == PolicyStore.StaticDomain) throw new PolicyRefusedException(PolicyRefusal.NotAllowed, $"policies of domain '{domain}' come from files");
        var read = TracingPolicyFile.Parse(text, "policy");
        var faults = read.Diagnostics.Where(d => d.Severity == Severity.Error || (d.Severity == Severity.Unsupported && !options.Engine.BestEffort)).ToList();
        if (faults.Count > 0)
        {
            throw new PolicyRefusedException(faults.Exists(d => d.Severity == Severity.Error) ? PolicyRefusal.Invalid : PolicyRefusal.NotSupported, string.Join('\n', faults));
        }
        if (read.Policies.Count == 0) throw new PolicyRefusedException(PolicyRefusal.Invalid, "there is no policy in this text");
        return Alter("in force", engine =>
        {
            var wanted = Store;
            foreach (var policy in read.Policies)
            {
                if (wanted.Find(policy.Name, policy.Namespace, "") is { } other)
                {
                    throw new PolicyRefusedException(PolicyRefusal.Exists, $"there is a policy '{policy.Name}'{In(policy.Namespace)} already, of domain '{other.Domain}'");
                }
                wanted = wanted.With(policy, domain.Length == 0 ? PolicyStore.ClientDomain : domain, text);
            }
            Change(engine, wanted);
        });
    }

    /// <summary>Removes a policy.</summary>
    /// <exception cref="PolicyRefusedException">There is none, or it comes from a file.</exception>
    public Task Delete(string name, string @namespace, string domain) => Alter("removed", engine =>
    {
        var policy = Require(name, @namespace, domain);
        if (policy.Domain == PolicyStore.StaticDomain)
        {
            throw new PolicyRefusedException(PolicyRefusal.NotAllowed, $"policy '{name}' comes from a file: remove it from there and reload, or disable it");
        }
        Change(engine, Store.Without(policy));
    });

    /// <summary>Loads or unloads a policy, or makes it act or not.</summary>
    /// <exception cref="PolicyRefusedException">There is none, or it cannot be done.</exception>
    public Task Configure(string name, string @namespace, string domain, bool? isEnabled, PolicyMode? mode) => Alter("changed", engine =>
    {
        var policy = Require(name, @namespace, domain);
        if (mode == PolicyMode.Enforce && !Acts(policy.Policy)) throw new PolicyRefusedException(PolicyRefusal.NotAllowed, $"policy '{name}' has no action to enforce");
        var changed = policy with { IsEnabled = isEnabled ?? policy.IsEnabled, Mode = mode ?? policy.Mode };
        if (changed.IsEnabled != policy.IsEnabled || (policy.IsLeftOut && isEnabled == true))
        {
            Change(engine, Store.Replace(changed with { IsLeftOut = false, Error = "" }));
        }
        else
        {
            if (changed.IsEnabled && mode is { } chosen) engine.SetMode(name, @namespace, chosen);
            Store = Store.Replace(changed);
        }
    });

    /// <summary>Everything that is wanted, with what it is.</summary>
    public Task<IReadOnlyList<PolicyStatus>> List(string domain) => calls.Invoke(engine =>
    {
        return (IReadOnlyList<PolicyStatus>)[.. Statuses(engine.Measure()).Where(p => domain.Length == 0 || p.Stored.Domain == domain)];
    });

    /// <summary>The same, and what the engine did, of one moment.</summary>
    public Task<(IReadOnlyList<PolicyStatus> Policies, EngineStatistics Engine)> Account() => calls.Invoke(engine =>
    {
        var measured = engine.Measure();
        return (Statuses(measured), measured);
    });

    IReadOnlyList<PolicyStatus> Statuses(EngineStatistics measured)
    {
        var loaded = measured.Policies.ToDictionary(p => (p.Policy.Namespace, p.Policy.Name));
        return [.. Store.Policies.Select(p => new PolicyStatus(p, Acts(p.Policy), loaded.GetValueOrDefault((p.Policy.Namespace, p.Policy.Name))))];
    }

    /// <summary>The domains that have policies.</summary>
    public Task<IReadOnlyList<string>> Domains() => calls.Invoke(_ => (IReadOnlyList<string>)[.. Store.Policies.Select(p => p.Domain).Distinct().Order(StringComparer.Ordinal)]);

    /// <summary>What the engine did, lost and costs.</summary>
    public Task<EngineStatistics> Measure() => calls.Invoke(engine => engine.Measure());

    /// <summary>Knows how the agent is.</summary>
    public required AgentHealth Health { get; init; }

    /// <summary>The file that events are exported to; null for none.</summary>
    public required ExportFileSink? ExportFile { get; init; }

    /// <summary>How the agent is.</summary>
    public async Task<AgentStatus> Status() => WithAbilities(await calls.Invoke(Describe));

    /// <summary>How the agent is; on the engine's thread.</summary>
    public AgentStatus StatusNow(SkepEngine engine) => WithAbilities(Describe(engine));

    /// <summary>Everything that metrics tell.</summary>
    public async Task<AgentSnapshot> Observe()
    {
        var snapshot = await calls.Invoke(engine =>
        {
            var measured = engine.Measure();
            return new AgentSnapshot
            {
                Status = Health.Describe(engine, measured, Store.Policies, Api),
                Engine = measured,
                EventsByType = [.. hub.Counts.ByType],
                UnknownProcesses = hub.Counts.UnknownProcesses,
                Policies = Store.Policies,
                Tables = engine.CountEntries(),
                Processes = engine.Processes.Count,
                EvictedProcesses = engine.Processes.Counters.EvictedEnded + engine.Processes.Counters.EvictedAncestors + engine.Processes.Counters.EvictedRunning,
                ProcessLimitBytes = options.Engine.Processes.MemoryCap,
            };
        });
        return snapshot with { Status = WithAbilities(snapshot.Status) };
    }

    AgentStatus Describe(SkepEngine engine) => Health.Describe(engine, engine.Measure(), Store.Policies, Api);

    // Not on the engine's thread: the first time programs are attached for it.
    AgentStatus WithAbilities(AgentStatus status) => status with { Abilities = Health.Abilities(status.ExportFile, status.Recorder) };

    /// <summary>Does something with the engine, on its thread.</summary>
    public Task<T> Ask<T>(Func<SkepEngine, T> question) => calls.Invoke(question);

    /// <summary>Changes what is wanted, on the engine's thread, and keeps it for the next start, on the caller's: a disk is slow.</summary>
    async Task Alter(string done, Action<SkepEngine> change)
    {
        var (store, number) = await calls.Invoke(engine =>
        {
            change(engine);
            return (Store, ++_changes);
        });
        try
        {
            archive?.Save(store, number);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new PolicyRefusedException(PolicyRefusal.NotKept, $"the policy is {done}, but that will not outlive this agent: {error.Message}");
        }
    }

    /// <summary>Whether a policy does more than tell.</summary>
    static bool Acts(Policy policy) => policy.Hooks.Any(h => h.Rules.Any(r => r.Actions.Concat(r.ReturnActions).Any(a => a is SignalAction or OverrideAction or SetArgumentAction or NotifyAction)));

    StoredPolicy Require(string name, string @namespace, string domain) =>
        Store.Find(name, @namespace, domain) ?? throw new PolicyRefusedException(PolicyRefusal.NotFound, $"there is no policy '{name}'{In(@namespace)}{(domain.Length > 0 ? $" of domain '{domain}'" : "")}");

    void Change(SkepEngine engine, PolicyStore wanted)
    {
        ApplyResult result;
        try
        {
            result = engine.Apply(wanted.Wanted, asWhole: !options.Engine.BestEffort);
        }
        catch (BpfException error)
        {
            throw new PolicyRefusedException(PolicyRefusal.NotSupported, error.Message);
        }
        if (!result.IsInForce) throw new PolicyRefusedException(PolicyRefusal.NotSupported, string.Join('\n', result.Failures.Where(f => !f.IsIgnored).Select(Text)));
        Store = WithErrors(wanted, result);
    }

    static PolicyStore WithErrors(PolicyStore store, ApplyResult result)
    {
        if (result.Failures.Count == 0) return store;
        return store with
        {
            Policies = [.. store.Policies.Select(p => p with
            {
                Error = result.Failures.Where(f => f.Policy.Name == p.Policy.Name && f.Policy.Namespace == p.Policy.Namespace).Select(Text).ToList() is { Count: > 0 } faults ? string.Join('\n', faults) : p.IsLeftOut ? p.Error : "",
            })],
        };
    }

    static string Text(PolicyFailure failure) => failure.Request is { Origin.Length: > 0 } request ? $"{request.Origin}: {failure.Reason}" : failure.Reason;

    static string In(string @namespace) => @namespace.Length > 0 ? $" in namespace '{@namespace}'" : "";
}
