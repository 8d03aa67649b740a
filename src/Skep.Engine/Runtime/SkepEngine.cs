using System.Diagnostics;
using System.Text;
using Skep.Bpf;
using Skep.Bpf.Interop;
using Skep.Engine.Compilation;
using Skep.Engine.Containers;
using Skep.Engine.Hooks;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Skep.Engine.Symbols;

namespace Skep.Engine.Runtime;

/// <summary>
/// The kernel engine: loads policies as compiled programs, follows all processes of the host, and hands out events. One thread calls
/// <see cref="Poll"/>; the same one, or one that excludes it, calls the rest. <see cref="Measure"/> and <see cref="Statistics"/> may be called from any.
/// </summary>
public sealed class SkepEngine : IDisposable
{
    /// <summary>A few hundred bytes each; they wait for two seconds at most.</summary>
    const int MaxHeld = 4096;

    static readonly TimeSpan s_pendingLimit = TimeSpan.FromMilliseconds(200), s_digestLimit = TimeSpan.FromSeconds(10);

    readonly EngineOptions _options;
    readonly IEngineListener _listener;
    readonly ContainerCatalogue _containers;
    readonly WorkloadKeeper _workloads;
    readonly RingBufferReader _reader = new();
    readonly List<PendingExec> _pending = [];
    readonly Queue<HeldEvent> _held = [];
    readonly List<AwaitedDigest> _awaited = [];
    readonly Dictionary<string, HookStatistics> _former = new(StringComparer.Ordinal);
    readonly KernelState _state;
    /// <summary>Held while one generation's counts become part of the former ones or hooks come and go, and while that is read.</summary>
    readonly Lock _accounts = new();
    Dictionary<RuleName, RuleStatistics> _formerRules = [];
    long _formerDropped, _formerUnclaimed, _formerMappings, _formerMappingsLost;
    /// <summary>Null while no policy wants to see mappings of files.</summary>
    FileMappings? _mappings;
    /// <summary>Null as long as the programs of another agent are in force, from which this one takes over.</summary>
    Generation? _current;
    Generation? _previous;
    /// <summary>The generation of another agent whose records mean what those of this one's first generation mean.</summary>
    uint? _inherited;
    /// <summary>The generation without policies that every engine begins with, as long as nothing of it was handed out; and what the first policies choose.</summary>
    uint? _beginning;
    EventFilters _chosenFromBeginning;

    SkepEngine(EngineOptions options, IEngineListener listener)
    {
        var hierarchy = options.Hierarchy ?? CgroupHierarchy.Find();
        options = options with { Hierarchy = hierarchy };
        (_options, _listener) = (options, listener);
        _containers = new ContainerCatalogue(hierarchy, options.ContainerRuntime);
        _workloads = new WorkloadKeeper(_containers);
        var proc = new ProcReader(hierarchy: hierarchy);
        Processes = new ProcessTree(options.Processes, _containers, proc);
        _state = KernelState.Open(options);
        Processes.KernelRecord = _state.ProcessOf;
        try
        {
            if (!_state.IsTakenOver)
            {
                _current = Load(GenerationPlan.Create([], new HookResolver(Btf.Kernel), bestEffort: true));
                _current.Attach();
                _current.Enter();
                _beginning = _current.Number;
                _state.Activate(_current.Number, _current.Plan.Fingerprint, options);
            }
            _reader.Add(_state.Maps["events"], new RecordReceiver(this), longestRecord: _state.LongestRecord);
            // From here on the kernel reports: what starts now is in the ring, and older than any record is what /proc shows.
            ProcessSeeder.Seed(Processes, proc, _containers, ListProcesses);
            _containers.Discover();
            if (_state.IsTakenOver) CountFormer();
        }
        catch
        {
            _reader.Dispose();
            _current?.Dispose();
            if (!_state.IsTakenOver) _state.Detach();
            _state.Dispose();
            throw;
        }
    }

    /// <summary>The processes of the host.</summary>
    public ProcessTree Processes { get; }

    /// <summary>The policies in force.</summary>
    public IReadOnlyList<PolicyState> Policies => _current?.Policies ?? [];

    /// <summary>Whether another agent's programs were found in force. They stay until <see cref="Apply"/>.</summary>
    public bool HasTakenOver => _state.IsTakenOver;

    /// <summary>The number of the generation in force: grows with each <see cref="Apply"/>, and from agent to agent.</summary>
    public uint GenerationInForce => _state.GenerationInForce;

    /// <summary>The programs in force.</summary>
    public GenerationPlan? Plan => _current?.Plan;

    /// <summary>Records that could not be understood.</summary>
    public long Malformed { get; private set; }

    /// <summary>Records of other policies than the first ones of this agent, left by the agent before: their meaning is not known.</summary>
    public long Orphaned { get; private set; }

    /// <summary>Events that waited for what a runtime knows of their container, and were dropped because too many did.</summary>
    public long Undecided { get; private set; }

    /// <summary>Matches that the kernel let through because it cannot decide them, and that were none.</summary>
    public long Dropped => _formerDropped + (_current?.Dispatchers.Sum(d => d.Dropped) ?? 0);

    /// <summary>Files and answers of container runtimes that were not what they should be.</summary>
    public long MalformedContainerStates => _containers.MalformedStates;

    /// <summary>Records received.</summary>
    public long Received { get; private set; }

    /// <summary>Names functions of stacks; null to leave them as addresses.</summary>
    public IStackSymbols? Symbols { get; set; } = new StackSymbols();

    /// <summary>Loads the engine and starts following processes.</summary>
    /// <exception cref="BpfException">The kernel refuses a program, or another agent is in charge; the message says why.</exception>
    public static SkepEngine Start(EngineOptions options, IEngineListener listener)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(listener);
        return new SkepEngine(options, listener);
    }

    /// <summary>
    /// Puts these policies in force in place of the present ones, at once and without a gap: the new programs are attached beside the old ones,
    /// then one store switches over. A policy that cannot be compiled or that the verifier refuses is left out alone.
    /// </summary>
    /// <param name="policies">The policies.</param>
    /// <param name="asWhole">Whether the present ones stay when any of these cannot be put in force.</param>
    public ApplyResult Apply(IReadOnlyList<Policy> policies, bool asWhole = false)
    {
        ArgumentNullException.ThrowIfNull(policies);
        // Holds the kernel's types for as long as this takes.
        var resolver = new HookResolver(Btf.Kernel);
        var failures = new List<PolicyFailure>();
        var wanted = policies.ToList();
        if (_workloads.WhyImpossible is { } reason)
        {
            failures.AddRange(wanted.Where(p => p.IsAboutWorkloads).Select(p => new PolicyFailure(p, null, reason, IsIgnored: false)));
            wanted.RemoveAll(p => p.IsAboutWorkloads);
        }
        if (WhyNoMappings(wanted) is { } noMappings)
        {
            failures.AddRange(wanted.Where(p => p.ReportsMappings).Select(p => new PolicyFailure(p, null, noMappings, IsIgnored: false)));
            wanted.RemoveAll(p => p.ReportsMappings);
        }
        while (true)
        {
            var plan = GenerationPlan.Create(wanted, resolver, _options.BestEffort);
            if (asWhole && failures.Concat(plan.Failures).Any(f => !f.IsIgnored)) return new ApplyResult(plan, [.. failures, .. plan.Failures], IsInForce: false);
            Generation? next = null;
            try
            {
                next = Load(plan);
                lock (_accounts) next.Attach();
                Switch(next);
                FollowMappings();
                return new ApplyResult(plan, [.. failures, .. plan.Failures]);
            }
            catch (BpfException error) when (_current != next || next is null)
            {
                if (_current is { } current) _workloads.Keep(current.Maps["workloads"], current.Workloads.Workloads);
                next?.Leave();
                next?.Dispose();
                var refused = FindRefused(wanted, error, resolver);
                // Gates that only these needed.
                lock (_accounts) _state.RemoveGatesWithout(_state.GenerationInForce);
                if (refused.Count == 0) throw;
                failures.AddRange(refused);
                wanted.RemoveAll(p => refused.Any(f => f.Policy == p));
            }
        }
    }

    /// <summary>Switches a policy between enforcing, monitoring and nothing, at once; false when there is no such policy.</summary>
    public bool SetMode(string name, string @namespace, PolicyMode mode)
    {
        var found = false;
        foreach (var policy in Policies)
        {
            if (policy.Policy.Name != name || policy.Policy.Namespace != @namespace) continue;
            policy.Mode = mode;
            _current!.WriteMode(policy);
            found = true;
        }
        if (found) FollowMappings();
        return found;
    }

    /// <summary>Takes a runtime's word about a container that it is about to start: what policies say of it holds from its first process on.</summary>
    /// <returns>Whether its control group is there.</returns>
    public bool TellContainer(ContainerNotice notice)
    {
        ArgumentNullException.ThrowIfNull(notice);
        var path = notice.GroupPath;
        if (_containers.Hierarchy.IdOf(path) is not (> 0 and var group)) return false;
        if (!CgroupPath.TryFindContainer(path, out var container) || container.Id != notice.Id) container = new CgroupContainer(container.Runtime ?? "", notice.Id);
        _containers.Tell(group, container, notice.Details);
        _workloads.Update();
        return true;
    }

    /// <summary>What the policies in force ask about processes; valid until policies are loaded again. Null before any were.</summary>
    public ProcessQuestions? AskProcesses() => _current is { } current ? new ProcessQuestions(current, _state) : null;

    /// <summary>Waits for events, at most for a time, and hands them out.</summary>
    public void Poll(TimeSpan timeout)
    {
        if (_current is { } current && current.Number == _beginning) _beginning = null;
        _reader.Poll(timeout);
        // Records below the wake-up's threshold wait for us.
        _reader.Consume();
        _mappings?.Read();
        FlushPending(ofProcess: null);
        _workloads.Update();
        FlushAwaited();
        FlushHeld();
        _listener.OnBatch();
    }

    /// <summary>Ends a wait in <see cref="Poll"/>; may be called from any thread.</summary>
    public void Wake() => _reader.Wake();

    /// <summary>What the programs did since the engine started.</summary>
    public IReadOnlyList<HookStatistics> Statistics()
    {
        lock (_accounts) return [.. Totals().Values];
    }

    /// <summary>The loaded programs, for their cost.</summary>
    public IReadOnlyDictionary<string, BpfProgram> Programs => _current?.Programs ?? new Dictionary<string, BpfProgram>();

    /// <summary>The pid of the agent that is in charge of a pin directory; null when there is none.</summary>
    public static int? FindAgent(string pinDirectory) => AgentLock.HolderOf(pinDirectory);

    /// <summary>Removes what an agent that is gone left in force: detaches all its programs and deletes its pins. False when there was nothing.</summary>
    /// <param name="pinDirectory">See <see cref="EngineOptions.PinDirectory"/>.</param>
    /// <exception cref="BpfException">An agent is in charge of it.</exception>
    public static bool Remove(string pinDirectory)
    {
        ArgumentException.ThrowIfNullOrEmpty(pinDirectory);
        return KernelState.Remove(pinDirectory);
    }

    /// <summary>What the engine lost, received and costs.</summary>
    public EngineStatistics Measure()
    {
        lock (_accounts)
        {
            return new EngineStatistics
            {
                Hooks = [.. Totals().Values],
                Policies = MeasurePolicies(),
                Programs = [.. ProgramCost.Of(_state.Gates)],
                Maps = (_current?.Maps ?? _state.Maps).ToDictionary(map => map.Key, map => map.Value.GetInfo().MemoryBytes ?? 0, StringComparer.Ordinal),
                Received = Received,
                Malformed = Malformed,
                Dropped = Dropped,
                Unclaimed = _formerUnclaimed + (_current?.Dispatchers.Sum(d => d.Unclaimed) ?? 0),
                Orphaned = Orphaned,
                Undecided = Undecided,
                MalformedContainerStates = MalformedContainerStates,
                ProcessTreeBytes = Processes.RetainedBytes,
            };
        }
    }

    /// <summary>Detaches everything, unless <see cref="EngineOptions.KeepsInForce"/>, or unless another agent's programs are still in force.</summary>
    public void Dispose()
    {
        _reader.Dispose();
        _mappings?.Dispose();
        lock (_accounts)
        {
            if (!_options.KeepsInForce && _current is not null) _state.Detach();
            _previous?.Dispose();
            _current?.Dispose();
            _state.Dispose();
        }
        _containers.Dispose();
    }

    /// <summary>How full the kernel's tables are; counting takes a few milliseconds.</summary>
    public IReadOnlyList<MapUse> CountEntries() => [.. (_current?.Maps ?? _state.Maps).Select(map => MapUse.Of(map.Key, map.Value)).OfType<MapUse>().OrderBy(map => map.Map, StringComparer.Ordinal)];

    /// <summary>Why mappings of files cannot be seen, where policies want them; null when they can.</summary>
    string? WhyNoMappings(List<Policy> policies)
    {
        if (_mappings is not null || !policies.Exists(p => p.ReportsMappings)) return null;
        try
        {
            FileMappings.Start(Processes, _listener).Dispose();
            return null;
        }
        catch (BpfException refused)
        {
            return $"loader: {refused.Message}";
        }
    }

    /// <summary>Listens to mappings of files while some policy in force wants them.</summary>
    void FollowMappings()
    {
        var isWanted = Policies.Any(p => p.Policy.ReportsMappings && p.Mode != PolicyMode.Disabled);
        if (isWanted == _mappings is not null) return;
        if (isWanted)
        {
            _mappings = FileMappings.Start(Processes, _listener);
            return;
        }
        lock (_accounts)
        {
            (_formerMappings, _formerMappingsLost) = (_formerMappings + _mappings!.Told, _formerMappingsLost + _mappings.Lost);
            _mappings.Dispose();
            _mappings = null;
        }
    }

    Generation Load(GenerationPlan plan) => Generation.Load(_state.GenerationInForce + 1, plan, Btf.Kernel, _options, _state);

    void Switch(Generation next)
    {
        _workloads.Keep(next.Maps["workloads"], next.Workloads.Workloads);
        if (next.Plan.Filters != 0) Processes.ExpectsUntold = true;
        if (_current?.Number == _beginning) _chosenFromBeginning = next.Plan.Filters;
        if (_current is not null) next.TakeModes(_current);
        using var counting = _accounts.EnterScope();
        next.Enter();
        var (before, plan) = (_state.GenerationInForce, _state.PlanInForce);
        _state.Activate(next.Number, next.Plan.Fingerprint, _options);
        // What was loaded from the same policies can also tell what another agent's records mean.
        if (_current is null && plan == next.Plan.Fingerprint) _inherited = before;
        (_previous, _current) = (_current, next);
        Libc.AwaitRunningPrograms();
        // Everything that the programs before had to say is in the ring now, and their counters stand still.
        _reader.Consume();
        if (_previous is { } previous)
        {
            foreach (var (hook, statistics) in Add(_former, previous.Statistics())) _former[hook] = statistics;
            next.TakeCounts(previous);
            KeepCounts(previous, next);
            previous.Leave();
            previous.Dispose();
            _previous = null;
        }
        _inherited = null;
        _state.RemoveGatesWithout(next.Number);
        _state.UnpinAllBut(next.Number);
    }

    /// <summary>What the rules of policies that stay did; those of others are forgotten with them.</summary>
    void KeepCounts(Generation previous, Generation next)
    {
        _formerDropped += previous.Dispatchers.Sum(d => d.Dropped);
        _formerUnclaimed += previous.Dispatchers.Sum(d => d.Unclaimed);
        var staying = next.Policies.Select(p => (p.Policy.Namespace, p.Policy.Name)).ToHashSet();
        var kept = new Dictionary<RuleName, RuleStatistics>();
        foreach (var (rule, counts) in _formerRules.Concat(previous.RuleStatistics()))
        {
            if (staying.Contains((rule.Namespace, rule.Policy))) kept[rule] = kept.TryGetValue(rule, out var before) ? before + counts : counts;
        }
        _formerRules = kept;
    }

    List<PolicyStatistics> MeasurePolicies()
    {
        if (_current is not { } current) return [];
        var bytes = current.MemoryByPolicy();
        var rules = current.RuleStatistics().Select(r => (r.Key, Counts: _formerRules.TryGetValue(r.Key, out var before) ? r.Value + before : r.Value))
            .ToLookup(r => (r.Key.Namespace, r.Key.Policy), r => r.Counts);
        return [.. current.Policies.Select(p => new PolicyStatistics
        {
            Policy = p.Policy, Mode = p.Mode, Events = p.Events, KernelBytes = bytes[p.Index], Rules = [.. rules[(p.Policy.Namespace, p.Policy.Name)]],
        })];
    }

    Dictionary<uint, ListedProcess> ListProcesses() => _state.ListProcesses();

    /// <summary>What was lost while there was no agent is among what the programs of the one before counted.</summary>
    void CountFormer()
    {
        using var counters = _state.FormerCounters();
        if (counters is null) return;
        foreach (var hook in HookStatistics.Read(counters, (int)counters.MaxEntries, number => number == 0 ? HookStatistics.Sensor : HookStatistics.FormerAgent))
        {
            foreach (var (name, sum) in Add(_former, [hook])) _former[name] = sum;
        }
    }

    /// <summary>
    /// The policies that cannot be loaded even alone: the others must not suffer for them. Halves are tried, so that one bad policy among
    /// thousands takes a dozen attempts.
    /// </summary>
    List<PolicyFailure> FindRefused(List<Policy> policies, BpfException error, HookResolver resolver)
    {
        if (policies.Count == 1) return [FailureOf(policies[0], error, resolver)];
        var refused = new List<PolicyFailure>();
        foreach (var half in new[] { policies[..(policies.Count / 2)], policies[(policies.Count / 2)..] })
        {
            if (WhyRefused(GenerationPlan.Create(half, resolver, _options.BestEffort)) is { } again) refused.AddRange(FindRefused(half, again, resolver));
        }
        return refused;
    }

    /// <summary>Names the hook that is at fault, where one is even alone.</summary>
    PolicyFailure FailureOf(Policy policy, BpfException error, HookResolver resolver)
    {
        if (policy.Hooks.Count == 1) return new PolicyFailure(policy, policy.Hooks[0], error.Message, IsIgnored: false);
        foreach (var hook in policy.Hooks.Take(64))
        {
            if (WhyRefused(GenerationPlan.Create([policy with { Hooks = [hook] }], resolver, bestEffort: true)) is { } alone)
            {
                return new PolicyFailure(policy, hook, alone.Message, IsIgnored: false);
            }
        }
        return new PolicyFailure(policy, null, error.Message, IsIgnored: false);
    }

    /// <summary>Tries a part of the policies; null when the kernel takes it.</summary>
    BpfException? WhyRefused(GenerationPlan plan)
    {
        if (plan.Policies.Count == 0) return null;
        try
        {
            using var part = Load(plan);
            lock (_accounts) part.Attach();
            return null;
        }
        catch (BpfException refusal)
        {
            return refusal;
        }
    }

    Dictionary<string, HookStatistics> Totals()
    {
        var (told, lost) = (_formerMappings + (_mappings?.Told ?? 0), _formerMappingsLost + (_mappings?.Lost ?? 0));
        var totals = Add(_current is null ? _former : Add(_former, _current.Statistics()), _state.Missed());
        return told + lost == 0 ? totals : Add(totals, [new HookStatistics(HookStatistics.Loader, told + lost, told, lost, 0, 0, 0, 0)]);
    }

    static Dictionary<string, HookStatistics> Add(Dictionary<string, HookStatistics> sums, IEnumerable<HookStatistics> more)
    {
        var totals = new Dictionary<string, HookStatistics>(sums, StringComparer.Ordinal);
        foreach (var one in more) totals[one.Hook] = totals.TryGetValue(one.Hook, out var before) ? before + one : one;
        return totals;
    }

    internal void Receive(ReadOnlySpan<byte> bytes)
    {
        Received++;
        if (!RecordHeader.TryRead(bytes, out var header))
        {
            Malformed++;
            return;
        }
        if (header.Kind == RecordKind.Hook)
        {
            ReceiveHook(bytes, header);
            return;
        }
        if (header.Kind == RecordKind.CgroupMade)
        {
            if (CgroupRecord.TryRead(bytes, out var made)) _containers.Add(header.Cgroup, Encoding.UTF8.GetString(made.Path));
            else Malformed++;
            return;
        }
        if (header.Kind == RecordKind.FileDigest)
        {
            if (DigestRecord.TryRead(bytes, out var digest)) ReceiveDigest(digest, bytes);
            else Malformed++;
            return;
        }
        if (_pending.Count > 0 && header.Kind != RecordKind.More) FlushPending(header.Id);
        if (Processes.OnRecord(bytes) is not { } process) return;
        switch (header.Kind)
        {
            // Told so that the process is known; if it is an event too, its hook's record says so.
            case RecordKind.Exec when (header.Flags & ProcessFlags.Late) != 0:
                break;
            // The first policies choose, and were not in force yet.
            case RecordKind.Exec when header.Generation == _beginning && (_chosenFromBeginning & EventFilters.Executions) != 0:
                process.IsUnwanted = true;
                break;
            case RecordKind.Exit when header.Generation == _beginning && _chosenFromBeginning != 0:
                break;
            case RecordKind.Exec when IsIncomplete(process):
                _pending.Add(new PendingExec(process, header.Time, header.Tid, Stopwatch.GetTimestamp()));
                break;
            case RecordKind.Exec:
                _listener.OnExec(process, header.Time, header.Tid, []);
                break;
            case RecordKind.More when !IsIncomplete(process):
                FlushPending(process.Id);
                break;
            case RecordKind.Exit when ExitRecord.TryRead(bytes, out var exit) && !exit.IsSilent && !process.IsUnwanted:
                _listener.OnExit(process, header.Time, header.Tid, exit.Status, []);
                break;
        }
    }

    void ReceiveHook(ReadOnlySpan<byte> bytes, in RecordHeader header)
    {
        var generation = header.Generation == _current?.Number || (header.Generation == _inherited && _current is not null) ? _current : header.Generation == _previous?.Number ? _previous : null;
        if (generation is null && _state.IsTakenOver)
        {
            Orphaned++;
            return;
        }
        if (generation is null || header.Hook == 0 || header.Hook > generation.Dispatchers.Count || !HookRecord.TryRead(bytes, out var record))
        {
            Malformed++;
            return;
        }
        if (_pending.Count > 0) FlushPending(header.Id);
        var (dispatch, process) = (generation.Dispatchers[header.Hook - 1], Processes.Of(header));
        if (record.AwaitsDigest && _awaited.Count < MaxHeld) _awaited.Add(new AwaitedDigest(dispatch, bytes.ToArray(), process, Stopwatch.GetTimestamp()));
        else Hand(dispatch, bytes, header, process, default, default);
    }

    void Hand(HookDispatch dispatch, ReadOnlySpan<byte> bytes, in RecordHeader header, ProcessInfo process, DigestRecord digest, ReadOnlySpan<byte> digestBytes)
    {
        ContainerInfo? container = null;
        if (dispatch.AsksWorkloads && !_workloads.TryFind(header.Cgroup, header.Pid, out container))
        {
            if (_held.Count < MaxHeld) _held.Enqueue(new HeldEvent(dispatch, bytes.ToArray(), process, container!, digestBytes.ToArray()));
            else Undecided++;
            return;
        }
        FlushHeld();
        if (HookRecord.TryRead(bytes, out var record)) dispatch.Dispatch(record, process, container, Symbols, _listener, digest);
    }

    /// <summary>The program that adds digests has done so: the event that waited for it is complete.</summary>
    void ReceiveDigest(in DigestRecord digest, ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < _awaited.Count; i++)
        {
            var awaited = _awaited[i];
            if (!RecordHeader.TryRead(awaited.Record, out var header) || header.Tid != digest.Header.Tid || header.Time != digest.Header.Time) continue;
            _awaited.RemoveAt(i);
            Hand(awaited.Dispatch, awaited.Record, header, awaited.Process, digest, bytes);
            return;
        }
    }

    /// <summary>Events whose digest has not come in time are told without.</summary>
    void FlushAwaited()
    {
        while (_awaited.Count > 0 && Stopwatch.GetElapsedTime(_awaited[0].Since) > s_digestLimit)
        {
            var awaited = _awaited[0];
            _awaited.RemoveAt(0);
            if (RecordHeader.TryRead(awaited.Record, out var header)) Hand(awaited.Dispatch, awaited.Record, header, awaited.Process, default, default);
        }
    }

    /// <summary>Decides events that waited until it was known what container they are of, in their order.</summary>
    void FlushHeld()
    {
        while (_held.TryPeek(out var held) && held.Container.IsFinal)
        {
            _held.Dequeue();
            DigestRecord.TryRead(held.Digest, out var digest);
            if (HookRecord.TryRead(held.Record, out var record)) held.Dispatch.Dispatch(record, held.Process, held.Container, Symbols, _listener, digest);
        }
    }

    /// <summary>An execution whose arguments come in several records is told when the last one is here.</summary>
    static bool IsIncomplete(ProcessInfo process) =>
        process.Arguments.Length < process.ArgumentsTotal && (process.Flags & (ProcessFlags.ArgumentsCut | ProcessFlags.ArgumentsUnread)) == 0;

    /// <summary>Tells held executions: those of one process because something else of it came, or those that have waited too long.</summary>
    void FlushPending(ProcessId? ofProcess)
    {
        for (var i = _pending.Count - 1; i >= 0; i--)
        {
            var pending = _pending[i];
            if (ofProcess is { } id ? pending.Process.Id != id : Stopwatch.GetElapsedTime(pending.Since) < s_pendingLimit) continue;
            _pending.RemoveAt(i);
            _listener.OnExec(pending.Process, pending.Time, pending.Tid, []);
        }
    }

    /// <summary>An event of a container whose runtime was not read yet.</summary>
    readonly record struct HeldEvent(HookDispatch Dispatch, byte[] Record, ProcessInfo Process, ContainerInfo Container, byte[] Digest);

    /// <summary>An event of a file whose digest is still being computed.</summary>
    readonly record struct AwaitedDigest(HookDispatch Dispatch, byte[] Record, ProcessInfo Process, long Since);

    readonly record struct PendingExec(ProcessInfo Process, ulong Time, uint Tid, long Since);

    sealed class RecordReceiver(SkepEngine engine) : IRecordHandler
    {
        public bool Handle(ReadOnlySpan<byte> record)
        {
            engine.Receive(record);
            return true;
        }
    }
}
