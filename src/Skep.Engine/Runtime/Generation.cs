using System.Runtime.InteropServices;
using Skep.Bpf;
using Skep.Bpf.Instructions;
using Skep.Engine.Compilation;

namespace Skep.Engine.Runtime;

/// <summary>One set of policies as it is loaded: its programs, attached, and what their records mean.</summary>
sealed class Generation : IDisposable
{
    const uint SlotsPerCpu = 4;

    /// <summary>What outlives a change of policies: the ring, the processes, the working memory, the settings.</summary>
    static readonly string[] s_shared = ["events", "slots", "slot_use", "processes", "departed", "control", "limits", "socket_owners"];

    readonly BpfObject _object;
    readonly List<BpfLink> _links = [];

    Generation(uint number, GenerationPlan plan, BpfObject loaded, WorkloadTable workloads)
    {
        (Number, Plan, _object, Workloads) = (number, plan, loaded, workloads);
        Policies = [.. plan.Policies.Select((policy, index) => new PolicyState(policy, index))];
        Dispatchers = [.. plan.Hooks.Select(hook => new HookDispatch(hook, Policies))];
    }

    /// <summary>Its number, which the kernel compares with the one in force.</summary>
    public uint Number { get; }

    public GenerationPlan Plan { get; }

    public WorkloadTable Workloads { get; }

    public IReadOnlyList<PolicyState> Policies { get; }

    /// <summary>By number of the hook, less one.</summary>
    public IReadOnlyList<HookDispatch> Dispatchers { get; }

    public IReadOnlyDictionary<string, BpfMap> Maps => _object.Maps;

    public IReadOnlyDictionary<string, BpfProgram> Programs => _object.Programs;

    /// <summary>Compiles, loads and attaches; nothing is in force yet.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="plan">What to load.</param>
    /// <param name="kernel">The kernel's types.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="previous">The generation whose state is taken over; null for the first one.</param>
    /// <param name="attach">Whether it is attached, and not only loaded.</param>
    public static Generation Load(uint number, GenerationPlan plan, Btf kernel, EngineOptions options, Generation? previous, bool attach = true)
    {
        var engine = KernelObjects.Engine();
        var writer = new GenerationWriter(plan, new KernelLayout(engine.Btf!), kernel, number);
        var spec = new ObjectLinker("skep").Add(writer.Write()).Add(engine).Link();
        spec.Variables["my_generation"].Set(number);
        spec.Variables["tracks_sockets"].Set(plan.TracksSockets);
        spec.Maps["events"].MaxEntries = (uint)options.RingSize;
        var cpus = (uint)PossibleCpus.Count;
        spec.Maps["policies"].MaxEntries = (uint)Math.Max(plan.Policies.Count, 1);
        spec.Maps["slots"].MaxEntries = cpus * SlotsPerCpu;
        spec.Maps["slot_use"].MaxEntries = cpus;
        var shared = previous is null ? [] : s_shared.ToDictionary(name => name, name => previous.Maps[name]);
        var loaded = BpfObject.Load(spec, new LoadOptions { ReplacementMaps = shared });
        var generation = new Generation(number, plan, loaded, writer.Workloads);
        try
        {
            foreach (var policy in generation.Policies) generation.WriteMode(policy);
            foreach (var program in attach ? loaded.Programs.Values : []) generation._links.Add(program.Attach());
            return generation;
        }
        catch
        {
            generation.Dispose();
            throw;
        }
    }

    public void WriteMode(PolicyState policy) => Maps["policies"].Update(BitConverter.GetBytes(policy.Index), BitConverter.GetBytes((uint)policy.Mode));

    /// <summary>Counters of all programs; the first is the process sensor's.</summary>
    public IEnumerable<HookStatistics> Statistics()
    {
        var counters = Maps["counters"];
        var size = (int)counters.ValueSize / sizeof(ulong);
        var values = new ulong[size * PossibleCpus.Count];
        for (var hook = 0; hook <= Plan.Hooks.Count; hook++)
        {
            if (!counters.TryLookup(BitConverter.GetBytes(hook), MemoryMarshal.AsBytes(values.AsSpan()))) continue;
            long Sum(int field)
            {
                long sum = 0;
                for (var at = field; at < values.Length; at += size) sum += (long)values[at];
                return sum;
            }

            yield return new HookStatistics(hook == 0 ? "process sensor" : Plan.Hooks[hook - 1].Hook.Section, Sum(0), Sum(1), Sum(2), Sum(3), Sum(5), Sum(4));
        }
    }

    /// <summary>Whether a map outlives a change of policies.</summary>
    public static bool IsShared(string map) => s_shared.Contains(map);

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

    /// <summary>Takes the programs off; what their records mean stays known.</summary>
    public void Detach()
    {
        foreach (var link in _links) link.Dispose();
        _links.Clear();
    }

    public void Dispose()
    {
        Detach();
        _object.Dispose();
    }
}
