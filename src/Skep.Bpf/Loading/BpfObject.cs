namespace Skep.Bpf;

/// <summary>The maps and programs of an <see cref="ObjectSpec"/>, loaded into the kernel.</summary>
public sealed partial class BpfObject : IDisposable
{
    readonly Dictionary<string, BpfProgram> _programs = [];
    readonly Dictionary<string, BpfMap> _maps;
    readonly Dictionary<string, StructOpsLayout> _structOps;
    readonly Dictionary<string, MappedMap?> _memory;
    IReadOnlyDictionary<string, BpfVariable>? _variables;

    internal BpfObject(ObjectSpec spec, IEnumerable<BpfProgram> programs, Dictionary<string, BpfMap> maps, Dictionary<string, StructOpsLayout> structOps,
        Dictionary<string, MappedMap?> memory)
    {
        (Spec, _maps, _structOps, _memory) = (spec, maps, structOps, memory);
        foreach (var program in programs) _programs.Add(program.Name, program);
    }

    /// <summary>What was loaded.</summary>
    public ObjectSpec Spec { get; }

    /// <summary>Loaded programs by name, in the order of the object.</summary>
    public IReadOnlyDictionary<string, BpfProgram> Programs => _programs;

    /// <summary>Created maps by name, data sections included.</summary>
    public IReadOnlyDictionary<string, BpfMap> Maps => _maps;

    /// <summary>The live global variables of the created data sections, by name.</summary>
    public IReadOnlyDictionary<string, BpfVariable> Variables =>
        _variables ??= Spec.Variables.Values.Where(v => _maps.ContainsKey(v.Map.Name)).ToDictionary(v => v.Name, v => new BpfVariable(this, v, _maps[v.Map.Name]));

    /// <summary>Loads an object's programs and maps. The spec is not changed and may be loaded again.</summary>
    /// <exception cref="VerifierException">The verifier refused a program.</exception>
    /// <exception cref="BpfSyscallException">The kernel refused something else.</exception>
    /// <exception cref="BpfException">The object does not fit this kernel: a missing symbol, type, option or attach target.</exception>
    public static BpfObject Load(ObjectSpec spec, LoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return ObjectLoader.Load(spec, options ?? new LoadOptions());
    }

    /// <summary>Reads, parses and loads an object file.</summary>
    /// <inheritdoc cref="Load(ObjectSpec, LoadOptions?)"/>
    public static BpfObject LoadFile(string path, LoadOptions? options = null) => Load(ObjectSpec.FromFile(path), options);

    /// <summary>Closes every program and map; links and pins keep what they hold.</summary>
    public void Dispose()
    {
        foreach (var memory in _memory.Values) (memory as IDisposable)?.Dispose();
        foreach (var program in _programs.Values) program.Dispose();
        foreach (var map in _maps.Values) map.Dispose();
    }

    /// <summary>The value of a struct_ops map in the kernel's layout, with the programs in it.</summary>
    internal ReadOnlySpan<byte> StructOpsValue(string map) =>
        _structOps.TryGetValue(map, out var layout) ? layout.Value : throw new BpfException($"object {Spec.Name}: map '{map}' holds no struct_ops instance");

    /// <summary>A section's memory, mapped when it is first asked for; null when the kernel does not map it.</summary>
    internal MappedMap? MemoryOf(BpfMap map)
    {
        lock (_memory)
        {
            if (_memory.TryGetValue(map.Name, out var known)) return known;
            MappedMap? memory = null;
            if ((map.Flags & MapFlags.MemoryMappable) != 0)
            {
                try
                {
                    memory = map.MapMemory(writable: !Spec.Maps[map.Name].Freeze);
                }
                catch (BpfSyscallException)
                {
                    // Read and written by system calls instead.
                }
            }
            return _memory[map.Name] = memory;
        }
    }
}
