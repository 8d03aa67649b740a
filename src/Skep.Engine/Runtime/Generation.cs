using Skep.Bpf;
using Skep.Bpf.Instructions;
using Skep.Engine.Compilation;
using Skep.Engine.Containers;
using Skep.Engine.Hooks;
using Skep.Engine.Rules;

namespace Skep.Engine.Runtime;

/// <summary>One set of policies as it is loaded: its programs, behind the hooks' gates, and what their records mean.</summary>
sealed class Generation : IDisposable
{
    /// <summary>What was loaded, where somebody wants to read it: it is as large as all code and tables.</summary>
    readonly ObjectSpec? _spec;
    readonly IReadOnlyList<string> _tables;
    readonly KernelState _state;
    readonly IReadOnlyDictionary<string, int> _atoms;
    bool _isBehindGates;

    Generation(uint number, GenerationPlan plan, BpfObject loaded, IReadOnlyList<string> tables, GenerationWriter writer, KernelState state, bool keepsCode)
    {
        (Number, Plan, Maps, Programs, Workloads, _atoms, _state) = (number, plan, loaded.Maps, loaded.Programs, writer.Workloads, writer.Atoms, state);
        Questions = writer.Questions;
        _spec = keepsCode ? loaded.Spec : null;
        _tables = tables;
        Policies = [.. plan.Policies.Select((policy, index) => new PolicyState(policy, index))];
        Dispatchers = [.. plan.Hooks.Select(hook => new HookDispatch(hook, Policies, plan))];
    }

    /// <summary>Its number; the gates compare it with the one in force.</summary>
    public uint Number { get; }

    public GenerationPlan Plan { get; }

    public WorkloadTable Workloads { get; }

    /// <summary>What the bits of processes mean.</summary>
    public IReadOnlyList<ProcessQuestion> Questions { get; }

    public IReadOnlyList<PolicyState> Policies { get; }

    /// <summary>By number of the hook, less one.</summary>
    public IReadOnlyList<HookDispatch> Dispatchers { get; }

    public IReadOnlyDictionary<string, BpfMap> Maps { get; }

    public IReadOnlyDictionary<string, BpfProgram> Programs { get; }

    /// <summary>Compiles and loads.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="plan">What to load.</param>
    /// <param name="kernel">The kernel's types.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="state">What it shares with other generations.</param>
    /// <param name="keepsCode">Whether <see cref="ListingOf"/> will be asked.</param>
    public static Generation Load(uint number, GenerationPlan plan, Btf kernel, EngineOptions options, KernelState state, bool keepsCode = false)
    {
        var engine = KernelObjects.Engine();
        var writer = new GenerationWriter(plan, new KernelLayout(engine.Btf!, number), kernel, state.Atoms);
        var written = writer.Write();
        var spec = new ObjectLinker("skep").Add(written).Add(engine).Link();
        spec.Variables["my_generation"].Set(number);
        spec.Variables["atom_count"].Set(writer.Atoms.Count == 0 ? 0 : (uint)writer.Atoms.Values.Max() + 1);
        spec.Variables["tracks_sockets"].Set(plan.TracksSockets);
        var hierarchy = options.Hierarchy ?? CgroupHierarchy.Find();
        spec.Variables["cgroup_hierarchy"].Set(hierarchy.Number);
        spec.Variables["cgroup_controller"].Set(hierarchy.IndexOf(kernel));
        KernelState.SetSizes(spec, options, state.Maps);
        spec.Maps["rule_counters"].MaxEntries = (uint)Math.Max(plan.CounterCount, 1);
        spec.Variables["has_filters"].Set(plan.Filters != 0);
        spec.Variables["policy_count"].Set((uint)plan.Policies.Count);
        spec.Maps["policies"].MaxEntries = (uint)plan.Policies.Count + 1;
        foreach (var program in spec.Programs.Values.Where(p => KernelState.IsApart(p.Name))) program.AutoLoad = false;
        var generation = new Generation(number, plan, BpfObject.Load(spec, new LoadOptions { ReplacementMaps = state.Maps }), TablesOf(written, engine), writer, state, keepsCode);
        foreach (var policy in generation.Policies) generation.WriteMode(policy);
        return generation;
    }

    /// <summary>Attaches what its hooks still lack: gates, through which nothing goes yet.</summary>
    public void Attach()
    {
        foreach (var gate in Gates()) _state.GateAt(gate);
    }

    /// <summary>Puts its programs behind the gates: they run once its number is in force.</summary>
    public void Enter()
    {
        _isBehindGates = true;
        foreach (var gate in Gates()) _state.GateAt(gate).Set(Number, Programs[gate.Program]);
        _state.Pin(Number, Maps);
        _state.Atoms.Commit(_atoms, Number);
    }

    /// <summary>Takes its programs away from behind the gates; another generation must be in force.</summary>
    public void Leave()
    {
        if (!_isBehindGates) return;
        _isBehindGates = false;
        foreach (var planned in Gates())
        {
            if (_state.Gates.TryGetValue(planned.Name, out var gate)) gate.Clear(Number);
        }
    }

    public void WriteMode(PolicyState policy)
    {
        Maps["policies"].Update(BitConverter.GetBytes(policy.Index), BitConverter.GetBytes((uint)policy.Mode));
        if (Plan.Filters != 0) Maps["policies"].Update(BitConverter.GetBytes(Policies.Count), BitConverter.GetBytes((uint)Filters));
    }

    /// <summary>What policies choose that are not switched off.</summary>
    EventFilters Filters => Policies.Where(p => p.Mode != PolicyMode.Disabled).Aggregate(EventFilters.None, (filters, policy) => filters | GenerationPlan.FiltersOf(policy.Policy));

    /// <summary>Counters of all programs; the first is the process sensor's.</summary>
    public IEnumerable<HookStatistics> Statistics() =>
        HookStatistics.Read(Maps["counters"], Plan.Hooks.Count + 1, hook => hook == 0 ? HookStatistics.Sensor : Plan.Hooks[hook - 1].Hook.Section);

    /// <summary>What each rule did, user space's part included.</summary>
    public IEnumerable<KeyValuePair<RuleName, RuleStatistics>> RuleStatistics()
    {
        var counters = Maps["rule_counters"];
        foreach (var hook in Plan.Hooks)
        {
            var dispatch = Dispatchers[hook.Number - 1];
            foreach (var request in hook.Requests)
            {
                for (var i = 0; i < request.RuleCount; i++)
                {
                    var (handed, dropped) = dispatch.CountsOf(request.FirstRule + i);
                    var counted = new RuleStatistics { Hook = hook.Hook.Section, Request = request.Number, Rule = i, Dropped = dropped };
                    counted = request.FirstCounter < 0 ? counted with { Matched = handed, Posted = handed } : counted.Read(counters, request.FirstCounter + i);
                    yield return new(request.NameOf(hook.Hook.Section, i), counted);
                }
            }
        }
    }

    /// <summary>Bytes of kernel memory by policy; see <see cref="PolicyMemory"/>.</summary>
    public long[] MemoryByPolicy() => PolicyMemory.Of(Plan, Programs, Maps, _tables);

    /// <summary>Takes over from the generation before what a policy was told while it ran, as long as its own text has not changed its mind.</summary>
    public void TakeModes(Generation before)
    {
        foreach (var (policy, former) in Both(before))
        {
            if (former.Policy.Mode != policy.Policy.Mode || former.Mode == policy.Mode) continue;
            policy.Mode = former.Mode;
            WriteMode(policy);
        }
    }

    /// <summary>Goes on counting events where the generation before ended.</summary>
    public void TakeCounts(Generation before)
    {
        foreach (var (policy, former) in Both(before)) policy.Events += former.Events;
    }

    IEnumerable<(PolicyState Policy, PolicyState Former)> Both(Generation before)
    {
        var former = new Dictionary<(string, string), PolicyState>();
        foreach (var policy in before.Policies) former.TryAdd((policy.Policy.Namespace, policy.Policy.Name), policy);
        foreach (var policy in Policies)
        {
            if (former.TryGetValue((policy.Policy.Namespace, policy.Policy.Name), out var state)) yield return (policy, state);
        }
    }

    static List<string> TablesOf(ObjectSpec written, ObjectSpec engine) => [.. written.Maps.Keys.Where(name => !engine.Maps.ContainsKey(name) && name[0] != '.'), "rule_counters"];

    /// <summary>The generated code of a hook: its program and the functions made for it.</summary>
    public string ListingOf(HookPlan hook)
    {
        using var text = new StringWriter();
        var suffix = $"_{hook.Number}_";
        foreach (var function in (_spec ?? throw new InvalidOperationException("the code was not kept")).Functions.Values.Where(f => f.Name == hook.ProgramName || f.Name.Contains(suffix, StringComparison.Ordinal)))
        {
            text.WriteLine($"{function.Name}:");
            Disassembler.WriteListing(function, text);
        }
        return text.ToString();
    }

    public void Dispose()
    {
        foreach (var program in Programs.Values) program.Dispose();
        foreach (var map in Maps.Values) map.Dispose();
    }

    /// <summary>
    /// The gates and what stands behind them. Several programs of one generation may be at the same hook. The process sensor comes first, so that others
    /// find the process's record renewed.
    /// </summary>
    IEnumerable<PlannedGate> Gates()
    {
        var gates = Plan.Hooks.Where(h => h.Hook.Mechanism != HookMechanism.Sensor).SelectMany(hook => hook.Gates).ToList();
        var ofHooks = gates.Select(gate => gate.Program).ToHashSet(StringComparer.Ordinal);
        return Programs.Values.Where(p => !ofHooks.Contains(p.Name)).Select(p => new PlannedGate(p.Name, p.Name, p.SectionName) { Hook = HookStatistics.Sensor }).Concat(gates);
    }
}
