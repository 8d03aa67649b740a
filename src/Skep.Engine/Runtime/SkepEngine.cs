using System.Diagnostics;
using System.Runtime.InteropServices;
using Skep.Bpf;
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
/// <see cref="Poll"/>; the same one, or one that excludes it, calls the rest.
/// </summary>
public sealed class SkepEngine : IDisposable
{
    static readonly TimeSpan s_pendingLimit = TimeSpan.FromMilliseconds(200);

    readonly EngineOptions _options;
    readonly IEngineListener _listener;
    readonly Btf _kernel = Btf.Kernel;
    readonly HookResolver _resolver;
    readonly ContainerCatalogue _containers = new();
    readonly WorkloadKeeper _workloads;
    readonly RingBufferReader _reader = new();
    readonly List<PendingExec> _pending = [];
    readonly Dictionary<string, HookStatistics> _former = new(StringComparer.Ordinal);
    /// <summary>Owns the maps that all generations share.</summary>
    readonly Generation _first;
    Generation _current;
    Generation? _previous;

    SkepEngine(EngineOptions options, IEngineListener listener)
    {
        (_options, _listener) = (options, listener);
        _workloads = new WorkloadKeeper(_containers);
        _resolver = new HookResolver(_kernel);
        var proc = new ProcReader();
        Processes = new ProcessTree(options.Processes, _containers, proc);
        _current = _first = Generation.Load(1, GenerationPlan.Create([], _resolver, bestEffort: true), _kernel, options, previous: null);
        _reader.Add(_current.Maps["events"], new RecordReceiver(this));
        Activate(_current);
        // From here on the kernel reports: what starts now is in the ring, and older than any record is what /proc shows.
        ProcessSeeder.Seed(Processes, proc, _containers);
    }

    /// <summary>The processes of the host.</summary>
    public ProcessTree Processes { get; }

    /// <summary>The policies in force.</summary>
    public IReadOnlyList<PolicyState> Policies => _current.Policies;

    /// <summary>The programs in force.</summary>
    public GenerationPlan Plan => _current.Plan;

    /// <summary>Records that could not be understood.</summary>
    public long Malformed { get; private set; }

    /// <summary>Names functions of stacks; null to leave them as addresses.</summary>
    public IStackSymbols? Symbols { get; set; } = new StackSymbols();

    /// <summary>Loads the engine and starts following processes.</summary>
    /// <exception cref="BpfException">The kernel refuses a program; the message says why.</exception>
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
    public ApplyResult Apply(IReadOnlyList<Policy> policies)
    {
        ArgumentNullException.ThrowIfNull(policies);
        var failures = new List<PolicyFailure>();
        var wanted = policies.ToList();
        if (_workloads.WhyImpossible is { } reason)
        {
            failures.AddRange(wanted.Where(p => p.IsAboutWorkloads).Select(p => new PolicyFailure(p, null, reason, IsIgnored: false)));
            wanted.RemoveAll(p => p.IsAboutWorkloads);
        }
        while (true)
        {
            var plan = GenerationPlan.Create(wanted, _resolver, _options.BestEffort);
            try
            {
                Switch(Generation.Load(_current.Number + 1, plan, _kernel, _options, _current));
                return new ApplyResult(plan, [.. failures, .. plan.Failures]);
            }
            catch (BpfException error)
            {
                var refused = FindRefused(wanted, error);
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
        foreach (var policy in _current.Policies)
        {
            if (policy.Policy.Name != name || policy.Policy.Namespace != @namespace) continue;
            policy.Mode = mode;
            _current.WriteMode(policy);
            found = true;
        }
        return found;
    }

    /// <summary>Waits for events, at most for a time, and hands them out.</summary>
    public void Poll(TimeSpan timeout)
    {
        _reader.Poll(timeout);
        // Records below the wake-up's threshold wait for us.
        _reader.Consume();
        FlushPending(ofProcess: null);
        _workloads.Update();
        _listener.OnBatch();
    }

    /// <summary>Ends a wait in <see cref="Poll"/>; may be called from any thread.</summary>
    public void Wake() => _reader.Wake();

    /// <summary>What the programs did since the engine started.</summary>
    public IReadOnlyList<HookStatistics> Statistics() => [.. Totals().Values];

    /// <summary>The loaded programs, for their cost.</summary>
    public IReadOnlyDictionary<string, BpfProgram> Programs => _current.Programs;

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader.Dispose();
        _previous?.Dispose();
        _current.Dispose();
        _first.Dispose();
        _containers.Dispose();
    }

    void Switch(Generation next)
    {
        _workloads.Keep(next.Maps["workloads"], next.Workloads.Workloads);
        Activate(next);
        foreach (var (hook, statistics) in Totals()) _former[hook] = statistics;
        // Its records may still be in the ring, so what they mean is kept for one more change.
        if (_previous != _first) _previous?.Dispose();
        _previous = _current;
        _current = next;
        _previous.Detach();
    }

    void Activate(Generation generation)
    {
        var control = generation.Maps["control"];
        Span<byte> settings = stackalloc byte[(int)control.ValueSize];
        settings.Clear();
        MemoryMarshal.Cast<byte, uint>(settings)[0] = generation.Number;
        MemoryMarshal.Cast<byte, uint>(settings)[1] = _options.EnvironmentLimit > 0 ? 1u : 0;
        MemoryMarshal.Cast<byte, uint>(settings)[2] = (uint)Environment.ProcessId;
        MemoryMarshal.Cast<byte, uint>(settings)[3] = (uint)_options.ArgumentLimit;
        MemoryMarshal.Cast<byte, uint>(settings)[4] = (uint)_options.EnvironmentLimit;
        control.Update(BitConverter.GetBytes(0), settings);
    }

    /// <summary>The policies that cannot be loaded even alone: the others must not suffer for them.</summary>
    List<PolicyFailure> FindRefused(List<Policy> policies, BpfException error)
    {
        if (policies.Count == 1) return [new PolicyFailure(policies[0], null, error.Message, IsIgnored: false)];
        var refused = new List<PolicyFailure>();
        foreach (var policy in policies)
        {
            var plan = GenerationPlan.Create([policy], _resolver, _options.BestEffort);
            if (plan.Policies.Count == 0) continue;
            try
            {
                Generation.Load(_current.Number + 1, plan, _kernel, _options, _current).Dispose();
            }
            catch (BpfException alone)
            {
                refused.Add(new PolicyFailure(policy, null, alone.Message, IsIgnored: false));
            }
        }
        return refused;
    }

    Dictionary<string, HookStatistics> Totals()
    {
        var totals = new Dictionary<string, HookStatistics>(_former, StringComparer.Ordinal);
        foreach (var now in _current.Statistics())
        {
            totals[now.Hook] = totals.TryGetValue(now.Hook, out var before)
                ? new HookStatistics(now.Hook, before.Hits + now.Hits, before.Sent + now.Sent, before.LostRing + now.LostRing, before.LostSlot + now.LostSlot, before.LostProcess + now.LostProcess, before.Limited + now.Limited)
                : now;
        }
        return totals;
    }

    void Receive(ReadOnlySpan<byte> bytes)
    {
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
        if (_pending.Count > 0 && header.Kind != RecordKind.More) FlushPending(header.Id);
        if (Processes.OnRecord(bytes) is not { } process) return;
        switch (header.Kind)
        {
            case RecordKind.Exec when IsIncomplete(process):
                _pending.Add(new PendingExec(process, header.Time, header.Tid, Stopwatch.GetTimestamp()));
                break;
            case RecordKind.Exec:
                _listener.OnExec(process, header.Time, header.Tid);
                break;
            case RecordKind.More when !IsIncomplete(process):
                FlushPending(process.Id);
                break;
            case RecordKind.Exit when ExitRecord.TryRead(bytes, out var exit):
                _listener.OnExit(process, header.Time, header.Tid, exit.Status);
                break;
        }
    }

    void ReceiveHook(ReadOnlySpan<byte> bytes, in RecordHeader header)
    {
        var generation = header.Generation == _current.Number ? _current : header.Generation == _previous?.Number ? _previous : null;
        if (generation is null || header.Hook == 0 || header.Hook > generation.Dispatchers.Count || !HookRecord.TryRead(bytes, out var record))
        {
            Malformed++;
            return;
        }
        if (_pending.Count > 0) FlushPending(header.Id);
        generation.Dispatchers[header.Hook - 1].Dispatch(record, Processes.Of(header), Symbols, _listener);
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
            _listener.OnExec(pending.Process, pending.Time, pending.Tid);
        }
    }

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
