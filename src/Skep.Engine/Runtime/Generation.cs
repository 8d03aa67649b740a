using Skep.Bpf;
using Skep.Bpf.Instructions;
using Skep.Engine.Compilation;

namespace Skep.Engine.Runtime;

/// <summary>One set of policies as it is loaded: its programs, behind the hooks' gates, and what their records mean.</summary>
sealed class Generation : IDisposable
{
    readonly BpfObject _object;
    readonly KernelState _state;
    readonly IReadOnlyDictionary<string, int> _atoms;
    bool _isBehindGates;

    Generation(uint number, GenerationPlan plan, BpfObject loaded, GenerationWriter writer, KernelState state)
    {
        (Number, Plan, _object, Workloads, _atoms, _state) = (number, plan, loaded, writer.Workloads, writer.Atoms, state);
        Policies = [.. plan.Policies.Select((policy, index) => new PolicyState(policy, index))];
        Dispatchers = [.. plan.Hooks.Select(hook => new HookDispatch(hook, Policies, plan))];
    }

    /// <summary>Its number; the gates compare it with the one in force.</summary>
    public uint Number { get; }

    public GenerationPlan Plan { get; }

    public WorkloadTable Workloads { get; }

    public IReadOnlyList<PolicyState> Policies { get; }

    /// <summary>By number of the hook, less one.</summary>
    public IReadOnlyList<HookDispatch> Dispatchers { get; }

    public IReadOnlyDictionary<string, BpfMap> Maps => _object.Maps;

    public IReadOnlyDictionary<string, BpfProgram> Programs => _object.Programs;

    /// <summary>Compiles and loads.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="plan">What to load.</param>
    /// <param name="kernel">The kernel's types.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="state">What it shares with other generations.</param>
    public static Generation Load(uint number, GenerationPlan plan, Btf kernel, EngineOptions options, KernelState state)
    {
        var engine = KernelObjects.Engine();
        var writer = new GenerationWriter(plan, new KernelLayout(engine.Btf!, number), kernel, state.Atoms);
        var spec = new ObjectLinker("skep").Add(writer.Write()).Add(engine).Link();
        spec.Variables["my_generation"].Set(number);
        spec.Variables["atom_count"].Set(writer.Atoms.Count == 0 ? 0 : (uint)writer.Atoms.Values.Max() + 1);
        spec.Variables["tracks_sockets"].Set(plan.TracksSockets);
        KernelState.SetSizes(spec, options, state.Maps);
        spec.Maps["policies"].MaxEntries = (uint)Math.Max(plan.Policies.Count, 1);
        foreach (var program in spec.Programs.Values.Where(p => KernelState.IsRead(p.Name))) program.AutoLoad = false;
        var generation = new Generation(number, plan, BpfObject.Load(spec, new LoadOptions { ReplacementMaps = state.Maps }), writer, state);
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

    public void WriteMode(PolicyState policy) => Maps["policies"].Update(BitConverter.GetBytes(policy.Index), BitConverter.GetBytes((uint)policy.Mode));

    /// <summary>Counters of all programs; the first is the process sensor's.</summary>
    public IEnumerable<HookStatistics> Statistics() =>
        HookStatistics.Read(Maps["counters"], Plan.Hooks.Count + 1, hook => hook == 0 ? HookStatistics.Sensor : Plan.Hooks[hook - 1].Hook.Section);

    /// <summary>The generated code of a hook: its program and the functions made for it.</summary>
    public string ListingOf(HookPlan hook)
    {
        using var text = new StringWriter();
        var suffix = $"_{hook.Number}_";
        foreach (var function in _object.Spec.Functions.Values.Where(f => f.Name == hook.ProgramName || f.Name.Contains(suffix, StringComparison.Ordinal)))
        {
            text.WriteLine($"{function.Name}:");
            Disassembler.WriteListing(function, text);
        }
        return text.ToString();
    }

    public void Dispose() => _object.Dispose();

    /// <summary>
    /// The gates and what stands behind them. Several programs of one generation may be at the same hook. The process sensor comes first, so that others
    /// find the process's record renewed.
    /// </summary>
    IEnumerable<PlannedGate> Gates()
    {
        var gates = Plan.Hooks.SelectMany(hook => hook.Gates).ToList();
        var ofHooks = gates.Select(gate => gate.Program).ToHashSet(StringComparer.Ordinal);
        return Programs.Values.Where(p => !ofHooks.Contains(p.Name)).Select(p => new PlannedGate(p.Name, p.Name, p.SectionName)).Concat(gates);
    }
}
