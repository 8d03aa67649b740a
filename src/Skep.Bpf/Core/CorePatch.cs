using Skep.Bpf.Instructions;

namespace Skep.Bpf;

/// <summary>Writes the result of a relocation into an instruction.</summary>
static class CorePatch
{
    static readonly Instruction s_poison = new(OpCode.CallInstruction, default, default, immediate: CorePoison.Immediate);

    /// <summary>Patches one instruction; false when it was poisoned.</summary>
    public static bool Apply(Span<Instruction> code, in CoreRelocation relocation, in CoreResult result, string function)
    {
        var index = relocation.Index;
        if ((uint)index >= (uint)code.Length) throw Bad(relocation, function, $"the code has only {code.Length} instructions");
        var instruction = code[index];
        if (instruction.IsWide && index + 1 >= code.Length) throw Bad(relocation, function, "a 64-bit load is cut off");
        if (result.IsPoisoned) return Poison(code, index);

        switch (instruction.Class)
        {
            case InstructionClass.Alu32 or InstructionClass.Alu64:
                if ((instruction.Code & OpCode.SourceRegister) != 0) throw Bad(relocation, function, "the arithmetic instruction has no immediate");
                Check(relocation, result, (ulong)instruction.Immediate, function);
                if ((long)result.Value is < int.MinValue or > uint.MaxValue || (instruction.Class == InstructionClass.Alu64 && (long)result.Value > int.MaxValue))
                    throw Bad(relocation, function, $"the value {result.Value} does not fit into 32 bits");
                code[index] = instruction.WithImmediate(unchecked((int)result.Value));
                return true;

            case InstructionClass.LoadMemory or InstructionClass.StoreImmediate or InstructionClass.StoreRegister:
                Check(relocation, result, (ulong)instruction.Offset, function);
                if (result.Value > (ulong)short.MaxValue) throw Bad(relocation, function, $"the offset {result.Value} does not fit into 16 bits");
                if (result.IsSizeIncompatible) return Poison(code, index);
                code[index] = Resize(instruction, relocation, result, function) with { Offset = (short)result.Value };
                return true;

            case InstructionClass.Load when instruction.IsWide:
                if (instruction.Source != 0 || instruction.Offset != 0 || code[index + 1] is not { Code: 0, Registers: 0, Offset: 0 })
                    throw Bad(relocation, function, "the 64-bit load is not of a plain constant");
                var found = (uint)instruction.Immediate | ((ulong)(uint)code[index + 1].Immediate << 32);
                Check(relocation, result, found, function);
                var value = IsSignLost(result, found) ? (ulong)(int)result.Value : result.Value;
                code[index] = instruction.WithImmediate(unchecked((int)value));
                code[index + 1] = code[index + 1].WithImmediate(unchecked((int)(value >> 32)));
                return true;

            default:
                throw Bad(relocation, function, $"opcode 0x{instruction.Code:x2} cannot be relocated");
        }
    }

    // Both slots of a wide load are poisoned, or the verifier would complain about an unknown opcode 00 instead.
    static bool Poison(Span<Instruction> code, int index)
    {
        if (code[index].IsWide) code[index + 1] = s_poison;
        code[index] = s_poison;
        return false;
    }

    static Instruction Resize(Instruction instruction, in CoreRelocation relocation, in CoreResult result, string function)
    {
        if (result.Size == result.OriginalSize) return instruction;
        if (Bytes(instruction.Code) != result.OriginalSize)
            throw Bad(relocation, function, $"it accesses {Bytes(instruction.Code)} bytes of a field of {result.OriginalSize}");
        var size = result.Size switch
        {
            1 => OpCode.Byte,
            2 => OpCode.Half,
            4 => OpCode.Word,
            8 => OpCode.Double,
            _ => throw Bad(relocation, function, $"no instruction accesses {result.Size} bytes"),
        };
        return instruction with { Code = (byte)((instruction.Code & ~OpCode.SizeMask) | size) };
    }

    // A negative enumerator that BTF from before ENUM64 shows as unsigned: the code knows that it is signed.
    static bool IsSignLost(in CoreResult result, ulong found) =>
        result.OriginalMask == uint.MaxValue && result.Value <= uint.MaxValue && (long)found is < 0 and >= int.MinValue;

    static uint Bytes(byte code) => (code & OpCode.SizeMask) switch
    {
        OpCode.Byte => 1,
        OpCode.Half => 2,
        OpCode.Word => 4,
        _ => 8,
    };

    static void Check(in CoreRelocation relocation, in CoreResult result, ulong found, string function)
    {
        if (result.IsOriginalChecked && ((found ^ result.OriginalValue) & result.OriginalMask) != 0)
            throw Bad(relocation, function, $"the instruction holds {found}, by the object's types it should be {result.OriginalValue}");
    }

    static BpfFormatException Bad(in CoreRelocation relocation, string function, string reason) =>
        new($"function '{function}', instruction {relocation.Index}: CO-RE relocation {relocation.Kind} '{relocation.Accessor}' of type {relocation.TypeId}: {reason}");
}
