using System.Buffers.Binary;
using Skep.Bpf.Instructions;

namespace Skep.Bpf;

/// <summary>Patches the code of programs for the running kernel: CO-RE first, then the descriptors, addresses and ids that exist by now.</summary>
sealed class ProgramPreparation(ObjectSpec spec)
{
    static readonly Instruction s_nothing = new(0, default, default);

    readonly List<int> _descriptors = [0];

    /// <summary>Module BTF descriptors that calls refer to by index; index 0 stands for the kernel itself.</summary>
    public int[] DescriptorArray => _descriptors.Count > 1 ? [.. _descriptors] : [];

    /// <summary>Applies the CO-RE relocations of a program; what cannot be resolved is remembered by instruction.</summary>
    public void RelocateTypes(PreparedProgram program, CoreRelocator relocator)
    {
        var poisons = new List<CorePoison>();
        try
        {
            relocator.Apply(program.Code.Instructions, program.Code.CoreRelocations, poisons, program.Spec.Name);
        }
        catch (BpfFormatException error)
        {
            throw new BpfFormatException($"object {spec.Name}: program '{program.Spec.Name}' ({program.Spec.SectionName}): {error.Message}", error);
        }
        foreach (var poison in poisons)
        {
            program.Unresolved[poison.Index] = poison.Description;
            // A poisoned wide load is two impossible calls.
            if (poison.Index + 1 < program.Code.Instructions.Length && program.Code.Instructions[poison.Index + 1] == program.Code.Instructions[poison.Index])
            {
                program.Unresolved.TryAdd(poison.Index + 1, poison.Description);
            }
        }
    }

    /// <summary>Puts map descriptors, data addresses and kernel symbols into a program's code.</summary>
    public void RelocateReferences(PreparedProgram program, IReadOnlyDictionary<string, BpfMap> maps, IReadOnlyDictionary<string, ResolvedExtern> externs, BpfMap? kconfig)
    {
        var code = program.Code.Instructions;
        foreach (var relocation in program.Code.Relocations)
        {
            var index = relocation.Index;
            var isWide = relocation.Kind != RelocationKind.ExternCall;
            if ((uint)index >= (uint)code.Length || isWide && (!code[index].IsWide || index + 1 >= code.Length)) throw Error(program, relocation, "is not on an instruction that takes one");
            switch (relocation.Kind)
            {
                case RelocationKind.Map when maps.TryGetValue(relocation.Symbol, out var map):
                    PutWide(code, index, OpCode.PseudoMapFd, map.Fd.Value, 0);
                    break;
                case RelocationKind.MapValue when maps.TryGetValue(relocation.Symbol, out var map):
                    PutWide(code, index, OpCode.PseudoMapValue, map.Fd.Value, relocation.Addend);
                    break;
                case RelocationKind.Map or RelocationKind.MapValue:
                    if (!spec.Maps.ContainsKey(relocation.Symbol)) throw Error(program, relocation, "names a map that does not exist");
                    Poison(program, index, VerifierMessages.PoisonedMap, $"map '{relocation.Symbol}', which was not created", isWide: true);
                    break;
                case RelocationKind.Extern:
                    PutExtern(program, relocation, externs, kconfig);
                    break;
                case RelocationKind.ExternCall:
                    PutCall(program, relocation, externs);
                    break;
                default:
                    throw Error(program, relocation, "was not resolved by the linker");
            }
        }
    }

    /// <summary>The function records of a program: 8 bytes each; empty when a function has no type, for the kernel wants all or none.</summary>
    public static byte[] FunctionInfo(LinkedProgram code)
    {
        if (code.Functions.Any(function => function.BtfTypeId == 0)) return [];
        var bytes = new byte[8 * code.Functions.Count];
        for (var i = 0; i < code.Functions.Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8 * i), (uint)code.Functions[i].Start);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8 * i + 4), code.Functions[i].BtfTypeId);
        }
        return bytes;
    }

    /// <summary>The line records of a program: 16 bytes each; empty when a function has none at its start (kernel/bpf/verifier.c: check_btf_line).</summary>
    public static byte[] LineInfo(LinkedProgram code, ObjectTypes types)
    {
        var starts = code.Functions.Select(function => function.Start).ToHashSet();
        var bytes = new byte[16 * code.Lines.Count];
        var (length, last) = (0, -1);
        foreach (var line in code.Lines)
        {
            // In the order of the code, one for each place, and none inside a wide load.
            if (line.Index <= last || line.Index >= code.Instructions.Length || line.Index > 0 && code.Instructions[line.Index].Code == 0 && code.Instructions[line.Index - 1].IsWide) continue;
            var record = bytes.AsSpan(length, 16);
            BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)line.Index);
            BinaryPrimitives.WriteUInt32LittleEndian(record[4..], line.FileOffset != 0 ? line.FileOffset : types.OffsetOf(line.File));
            BinaryPrimitives.WriteUInt32LittleEndian(record[8..], line.TextOffset != 0 ? line.TextOffset : types.OffsetOf(line.Text));
            BinaryPrimitives.WriteUInt32LittleEndian(record[12..], (uint)line.Line << 10 | (uint)Math.Min(line.Column, 1023));
            starts.Remove(line.Index);
            last = line.Index;
            length += 16;
        }
        return starts.Count == 0 ? bytes[..length] : [];
    }

    void PutExtern(PreparedProgram program, Relocation relocation, IReadOnlyDictionary<string, ResolvedExtern> externs, BpfMap? kconfig)
    {
        var code = program.Code.Instructions;
        var symbol = spec.Externs[relocation.Symbol];
        if (symbol.Kind == ExternKind.Kconfig)
        {
            if (kconfig is null) throw Error(program, relocation, "needs the map .kconfig, which was not created");
            PutWide(code, relocation.Index, OpCode.PseudoMapValue, kconfig.Fd.Value, symbol.Offset + relocation.Addend);
            return;
        }
        var found = externs[relocation.Symbol];
        if (found.IsFound && found.TypeId != 0)
        {
            PutWide(code, relocation.Index, OpCode.PseudoBtfId, (int)found.TypeId, found.Descriptor);
        }
        else
        {
            PutWide(code, relocation.Index, 0, unchecked((int)found.Address), unchecked((int)(found.Address >> 32)));
        }
    }

    void PutCall(PreparedProgram program, Relocation relocation, IReadOnlyDictionary<string, ResolvedExtern> externs)
    {
        var code = program.Code.Instructions;
        if (code[relocation.Index].Code != OpCode.CallInstruction) throw Error(program, relocation, "is not on a call");
        var found = externs[relocation.Symbol];
        if (!found.IsFound)
        {
            var ordinal = program.Code.Relocations.TakeWhile(other => other != relocation).Count();
            Poison(program, relocation.Index, VerifierMessages.PoisonedKernelFunctionCall + ordinal, $"kernel function '{relocation.Symbol}'", isWide: false);
            return;
        }
        code[relocation.Index] = new Instruction(OpCode.CallInstruction, default, (Register)OpCode.PseudoKfuncCall, IndexOf(found.Descriptor), (int)found.TypeId);
    }

    int IndexOf(int descriptor)
    {
        if (descriptor == 0) return 0;
        var index = _descriptors.IndexOf(descriptor);
        if (index >= 0) return index;
        _descriptors.Add(descriptor);
        return _descriptors.Count - 1;
    }

    static void PutWide(Instruction[] code, int index, byte source, int low, int high)
    {
        code[index] = code[index].WithSource(source) with { Immediate = low };
        code[index + 1] = s_nothing.WithImmediate(high);
    }

    static void Poison(PreparedProgram program, int index, int call, string what, bool isWide)
    {
        var impossible = new Instruction(OpCode.CallInstruction, default, default, immediate: call);
        program.Code.Instructions[index] = impossible;
        if (isWide) program.Code.Instructions[index + 1] = impossible;
        program.Unresolved[index] = what;
    }

    BpfFormatException Error(PreparedProgram program, Relocation relocation, string what) =>
        new($"object {spec.Name}: program '{program.Spec.Name}': function '{program.Code.FunctionAt(Math.Min(relocation.Index, program.Code.Instructions.Length - 1)).Name}': {relocation.Kind} of '{relocation.Symbol}' {what}");
}
