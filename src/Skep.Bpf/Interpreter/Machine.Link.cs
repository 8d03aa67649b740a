using Skep.Bpf.Instructions;

namespace Skep.Bpf.Interpreter;

public sealed partial class Machine
{
    /// <summary>Links a program of an object with its subprograms and places it; the object's maps are created when they do not exist yet.</summary>
    /// <exception cref="BpfException">A symbol is missing.</exception>
    public MachineProgram Load(ObjectSpec spec, string program)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (!spec.Programs.TryGetValue(program, out var entry)) throw new BpfException($"object '{spec.Name}' has no program '{program}'");
        foreach (var map in spec.Maps.Values)
        {
            if (!Maps.ContainsKey(map.Name)) FillMap(AddMap(map));
        }
        return Load(entry.Entry, name => spec.Functions.GetValueOrDefault(name), name => spec.Externs.GetValueOrDefault(name));
    }

    /// <summary>Links a function with the functions that it calls and places it; maps are found by name in <see cref="Maps"/>.</summary>
    public MachineProgram Load(FunctionSpec entry, params IEnumerable<FunctionSpec> subprograms)
    {
        var byName = subprograms.ToDictionary(f => f.Name);
        return Load(entry, byName.GetValueOrDefault, _ => null);
    }

    MachineProgram Load(FunctionSpec entry, Func<string, FunctionSpec?> function, Func<string, ExternSpec?> external)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var starts = new Dictionary<string, int> { [entry.Name] = 0 };
        var functions = new List<FunctionSpec> { entry };
        var length = entry.Instructions.Length;
        for (var i = 0; i < functions.Count; i++)
        {
            foreach (var relocation in functions[i].Relocations)
            {
                if (relocation.Kind is not (RelocationKind.Call or RelocationKind.FunctionAddress or RelocationKind.ExternCall)) continue;
                if (starts.ContainsKey(relocation.Symbol)) continue;
                if (function(relocation.Symbol) is not { } callee)
                {
                    if (relocation.Kind == RelocationKind.ExternCall) continue;
                    throw new BpfException($"function '{functions[i].Name}' refers to '{relocation.Symbol}', which is not defined");
                }
                starts.Add(callee.Name, length);
                functions.Add(callee);
                length += callee.Instructions.Length;
            }
        }
        var code = new Instruction[length];
        foreach (var part in functions)
        {
            var start = starts[part.Name];
            part.Instructions.CopyTo(code, start);
            foreach (var relocation in part.Relocations) Apply(code, start + relocation.Index, relocation, starts, external);
        }
        return Load(code, entry.Name);
    }

    void Apply(Instruction[] code, int slot, Relocation relocation, Dictionary<string, int> starts, Func<string, ExternSpec?> external)
    {
        switch (relocation.Kind)
        {
            case RelocationKind.Map:
                SetWide(code, slot, MapNamed(relocation.Symbol).Address);
                break;
            case RelocationKind.MapValue:
                SetWide(code, slot, Section(relocation.Symbol).AddressOf(relocation.Addend));
                break;
            case RelocationKind.FunctionAddress:
                code[slot] = code[slot].WithSource(OpCode.PseudoFunction).WithImmediate(starts[relocation.Symbol] - slot - 1);
                break;
            case RelocationKind.Call or RelocationKind.ExternCall when starts.TryGetValue(relocation.Symbol, out var start):
                code[slot] = code[slot].WithSource(OpCode.PseudoCall).WithImmediate(start - slot - 1);
                break;
            case RelocationKind.ExternCall:
                code[slot] = code[slot].WithSource(OpCode.PseudoKfuncCall).WithImmediate(-1 - _kfuncNames.Count);
                _kfuncNames.Add(relocation.Symbol);
                break;
            case RelocationKind.Extern when external(relocation.Symbol) is { Kind: ExternKind.Kconfig } kconfig:
                SetWide(code, slot, Section(".kconfig").AddressOf(kconfig.Offset));
                break;
            case RelocationKind.Extern:
                if (!Symbols.TryGetValue(relocation.Symbol, out var value) && external(relocation.Symbol) is not { IsWeak: true })
                {
                    throw new BpfException($"kernel symbol '{relocation.Symbol}' has no value in this machine");
                }
                SetWide(code, slot, value);
                break;
        }
    }

    VirtualMap MapNamed(string name) => Maps.TryGetValue(name, out var map) ? map : throw new BpfException($"map '{name}' does not exist in this machine");

    VirtualArray Section(string name) => MapNamed(name) as VirtualArray ?? throw new BpfException($"map '{name}' is no data section");

    static void FillMap(VirtualMap map)
    {
        foreach (var entry in map.Spec.Contents)
        {
            if (entry.Symbol is null) map.Update(entry.Key, entry.Value, 0);
        }
    }

    static void SetWide(Instruction[] code, int slot, ulong value)
    {
        code[slot] = code[slot].WithSource(0).WithImmediate((int)(uint)value);
        code[slot + 1] = code[slot + 1].WithImmediate((int)(uint)(value >> 32));
    }
}
