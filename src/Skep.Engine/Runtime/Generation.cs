using Skep.Bpf;
using Skep.Engine.Compilation;

namespace Skep.Engine.Runtime;

/// <summary>One set of policies as it is loaded: its programs, attached, and what their records mean.</summary>
sealed class Generation : IDisposable
{
    readonly BpfObject _object;
    readonly List<BpfLink> _links = [];

    Generation(uint number, GenerationPlan plan, BpfObject loaded, WorkloadTable workloads) => (Number, Plan, _object, Workloads) = (number, plan, loaded, workloads);

    /// <summary>Its number, which the kernel compares with the one in force.</summary>
    public uint Number { get; }

    public GenerationPlan Plan { get; }

    public WorkloadTable Workloads { get; }

    public IReadOnlyDictionary<string, BpfMap> Maps => _object.Maps;

    public IReadOnlyDictionary<string, BpfProgram> Programs => _object.Programs;

    /// <summary>Compiles, loads and attaches; nothing is in force yet.</summary>
    public static Generation Load(uint number, GenerationPlan plan, Btf kernel, EngineOptions options, IReadOnlyDictionary<string, BpfMap> shared)
    {
        var engine = KernelObjects.Engine();
        var writer = new GenerationWriter(plan, new KernelLayout(engine.Btf!), kernel, number);
        var spec = new ObjectLinker("skep").Add(writer.Write()).Add(engine).Link();
        spec.Variables["my_generation"].Set(number);
        spec.Maps["events"].MaxEntries = (uint)options.RingSize;
        var cpus = (uint)PossibleCpus.Count;
        spec.Maps["slots"].MaxEntries = cpus * SlotsPerCpu;
        spec.Maps["slot_use"].MaxEntries = cpus;
        var loaded = BpfObject.Load(spec, new LoadOptions { ReplacementMaps = shared });
        var generation = new Generation(number, plan, loaded, writer.Workloads);
        try
        {
            foreach (var program in loaded.Programs.Values) generation._links.Add(program.Attach());
            return generation;
        }
        catch
        {
            generation.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var link in _links) link.Dispose();
        _object.Dispose();
    }

    const uint SlotsPerCpu = 4;
}
