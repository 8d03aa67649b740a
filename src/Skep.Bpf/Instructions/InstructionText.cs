using System.Globalization;
using System.Text;

namespace Skep.Bpf.Instructions;

/// <summary>Writes one instruction in the text form that <see cref="Disassembler"/> documents; <see cref="AssemblyText"/> reads it back.</summary>
static class InstructionText
{
    static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;

    /// <summary>The operator of each arithmetic operation, by the high four bits of the opcode.</summary>
    public static readonly string?[] ArithmeticOperators =
        ["+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", null, "%=", "^=", "=", "s>>=", null, null, null];

    /// <summary>The operator of each conditional jump, by the high four bits of the opcode.</summary>
    public static readonly string?[] JumpOperators =
        [null, "==", ">", ">=", "&", "!=", "s>", "s>=", null, null, "<", "<=", "s<", "s<=", null, null];

    /// <summary>Names of the pseudo operands of wide loads, by the source field.</summary>
    public static readonly string?[] WideOperands = [null, "map_fd", "map_value", "btf_id", "func", "map_idx", "map_idx_value"];

    /// <summary>Registers that have a name in text; r11 is the kernel's own, seen only in code that it rewrote.</summary>
    public const int RegisterCount = 12;

    /// <summary>Appends the text and returns the number of slots that it stands for.</summary>
    public static int Append(StringBuilder output, ReadOnlySpan<Instruction> code, int index)
    {
        var instruction = code[index];
        if ((instruction.Registers & 0x0f) < RegisterCount)
        {
            if (instruction.IsWide && index + 1 < code.Length && TryWide(output, instruction, code[index + 1])) return 2;
            if (TrySingle(output, instruction)) return 1;
        }
        output.Append(s_invariant, $".insn 0x{instruction.Code:x2}, 0x{instruction.Registers:x2}, {instruction.Offset}, {instruction.Immediate}");
        return 1;
    }

    static bool TrySingle(StringBuilder output, Instruction i) => i.Class switch
    {
        InstructionClass.Load => TryPacketLoad(output, i),
        InstructionClass.LoadMemory => TryLoad(output, i),
        InstructionClass.StoreImmediate => TryStoreImmediate(output, i),
        InstructionClass.StoreRegister => TryStoreRegister(output, i),
        InstructionClass.Jump or InstructionClass.Jump32 => TryJump(output, i),
        _ => TryArithmetic(output, i),
    };

    static bool TryWide(StringBuilder output, Instruction first, Instruction second)
    {
        var kind = first.Registers >> 4;
        if (first.Offset != 0 || second.Code != 0 || second.Registers != 0 || second.Offset != 0 || kind >= WideOperands.Length) return false;
        var destination = first.Registers & 0x0f;
        switch (kind)
        {
            case 0:
                output.Append(s_invariant, $"r{destination} = 0x{(uint)first.Immediate | ((ulong)(uint)second.Immediate << 32):x} ll");
                return true;
            case OpCode.PseudoMapFd or OpCode.PseudoMapIndex when second.Immediate == 0:
                output.Append(s_invariant, $"r{destination} = {WideOperands[kind]}({first.Immediate}) ll");
                return true;
            case OpCode.PseudoFunction when second.Immediate == 0:
                output.Append(s_invariant, $"r{destination} = func({Sign(first.Immediate)}{Magnitude(first.Immediate)}) ll");
                return true;
            case OpCode.PseudoMapValue or OpCode.PseudoMapIndexValue or OpCode.PseudoBtfId:
                output.Append(s_invariant, $"r{destination} = {WideOperands[kind]}({first.Immediate}, {second.Immediate}) ll");
                return true;
            default:
                return false;
        }
    }

    static bool TryPacketLoad(StringBuilder output, Instruction i)
    {
        var mode = i.Code & OpCode.ModeMask;
        var source = i.Registers >> 4;
        if (i.Offset != 0 || (i.Registers & 0x0f) != 0 || (i.Code & OpCode.SizeMask) == OpCode.Double || source >= RegisterCount) return false;
        if (mode == OpCode.ModeAbsolute && source == 0)
        {
            output.Append(s_invariant, $"r0 = *(u{Bits(i.Code)} *)skb[{i.Immediate}]");
            return true;
        }
        if (mode != OpCode.ModeIndirect) return false;
        output.Append(s_invariant, $"r0 = *(u{Bits(i.Code)} *)skb[r{source}");
        if (i.Immediate != 0) output.Append(s_invariant, $" + {i.Immediate}");
        output.Append(']');
        return true;
    }

    static bool TryLoad(StringBuilder output, Instruction i)
    {
        var mode = i.Code & OpCode.ModeMask;
        if (i.Immediate != 0 || i.Registers >> 4 >= RegisterCount) return false;
        if (mode != OpCode.ModeMemory && (mode != OpCode.ModeMemorySigned || (i.Code & OpCode.SizeMask) == OpCode.Double)) return false;
        output.Append(s_invariant, $"r{i.Registers & 0x0f} = *({(mode == OpCode.ModeMemory ? 'u' : 's')}{Bits(i.Code)} *)(");
        AppendAddress(output, i.Registers >> 4, i.Offset);
        output.Append(')');
        return true;
    }

    static bool TryStoreImmediate(StringBuilder output, Instruction i)
    {
        if ((i.Code & OpCode.ModeMask) != OpCode.ModeMemory || i.Registers >> 4 != 0) return false;
        output.Append(s_invariant, $"*(u{Bits(i.Code)} *)(");
        AppendAddress(output, i.Registers & 0x0f, i.Offset);
        output.Append(s_invariant, $") = {i.Immediate}");
        return true;
    }

    static bool TryStoreRegister(StringBuilder output, Instruction i)
    {
        var source = i.Registers >> 4;
        if (source >= RegisterCount) return false;
        switch (i.Code & OpCode.ModeMask)
        {
            case OpCode.ModeMemory when i.Immediate == 0:
                output.Append(s_invariant, $"*(u{Bits(i.Code)} *)(");
                AppendAddress(output, i.Registers & 0x0f, i.Offset);
                output.Append(s_invariant, $") = r{source}");
                return true;
            case OpCode.ModeAtomic:
                return TryAtomic(output, i, i.Registers & 0x0f, source);
            default:
                return false;
        }
    }

    static bool TryAtomic(StringBuilder output, Instruction i, int destination, int source)
    {
        var bits = Bits(i.Code);
        var prefix = bits == 64 ? 'r' : 'w';
        if (i.Immediate == AtomicOperation.LoadAcquire)
        {
            output.Append(s_invariant, $"{prefix}{destination} = load_acquire((u{bits} *)(");
            AppendAddress(output, source, i.Offset);
            output.Append("))");
            return true;
        }
        if (i.Immediate == AtomicOperation.StoreRelease)
        {
            output.Append(s_invariant, $"store_release((u{bits} *)(");
            AppendAddress(output, destination, i.Offset);
            output.Append(s_invariant, $"), {prefix}{source})");
            return true;
        }
        if (bits < 32) return false;
        switch (i.Immediate)
        {
            case AtomicOperation.Exchange:
                output.Append(s_invariant, $"{prefix}{source} = {(bits == 64 ? "xchg_64" : "xchg32_32")}(");
                AppendAddress(output, destination, i.Offset);
                output.Append(s_invariant, $", {prefix}{source})");
                return true;
            case AtomicOperation.CompareExchange:
                output.Append(s_invariant, $"{prefix}0 = {(bits == 64 ? "cmpxchg_64" : "cmpxchg32_32")}(");
                AppendAddress(output, destination, i.Offset);
                output.Append(s_invariant, $", {prefix}0, {prefix}{source})");
                return true;
        }
        if (AtomicOperation.FetchName(i.Immediate) is { } name)
        {
            output.Append(s_invariant, $"{prefix}{source} = atomic_fetch_{name}((u{bits} *)(");
            AppendAddress(output, destination, i.Offset);
            output.Append(s_invariant, $"), {prefix}{source})");
            return true;
        }
        if (AtomicOperation.FetchName(i.Immediate | AtomicOperation.Fetch) is null) return false;
        output.Append(s_invariant, $"lock *(u{bits} *)(");
        AppendAddress(output, destination, i.Offset);
        output.Append(s_invariant, $") {ArithmeticOperators[i.Immediate >> 4]} {prefix}{source}");
        return true;
    }

    static bool TryArithmetic(StringBuilder output, Instruction i)
    {
        var operation = i.Code & OpCode.OperationMask;
        var wide = i.Class == InstructionClass.Alu64;
        var prefix = wide ? 'r' : 'w';
        var destination = i.Registers & 0x0f;
        var source = i.Registers >> 4;
        var fromRegister = (i.Code & OpCode.SourceRegister) != 0;
        if (source >= RegisterCount) return false;
        switch (operation)
        {
            case OpCode.Negate:
                if (fromRegister || source != 0 || i.Offset != 0 || i.Immediate != 0) return false;
                output.Append(s_invariant, $"{prefix}{destination} = -{prefix}{destination}");
                return true;
            case OpCode.ByteSwap:
                if (source != 0 || i.Offset != 0 || i.Immediate is not (16 or 32 or 64) || (wide && fromRegister)) return false;
                output.Append(s_invariant, $"r{destination} = {(wide ? "bswap" : fromRegister ? "be" : "le")}{i.Immediate} r{destination}");
                return true;
            case OpCode.Move when fromRegister && i.Offset != 0:
                return TrySpecialMove(output, i, wide, destination, source);
        }
        var text = ArithmeticOperators[operation >> 4];
        if (text is null || (fromRegister ? i.Immediate != 0 : source != 0)) return false;
        if (i.Offset == 1 && operation is (OpCode.Divide or OpCode.Modulo)) text = operation == OpCode.Divide ? "s/=" : "s%=";
        else if (i.Offset != 0) return false;
        output.Append(s_invariant, $"{prefix}{destination} {text} ");
        if (fromRegister) output.Append(s_invariant, $"{prefix}{source}");
        else output.Append(s_invariant, $"{i.Immediate}");
        return true;
    }

    static bool TrySpecialMove(StringBuilder output, Instruction i, bool wide, int destination, int source)
    {
        var prefix = wide ? 'r' : 'w';
        switch (i.Offset)
        {
            case 8 or 16 when i.Immediate == 0:
            case 32 when i.Immediate == 0 && wide:
                output.Append(s_invariant, $"{prefix}{destination} = (s{i.Offset}){prefix}{source}");
                return true;
            case 1 when wide:
                output.Append(s_invariant, $"r{destination} = addr_space_cast(r{source}, {i.Immediate >>> 16}, {i.Immediate & 0xffff})");
                return true;
            case -1 when wide && i.Immediate == 0:
                output.Append(s_invariant, $"r{destination} = &(void __percpu *)(r{source})");
                return true;
            default:
                return false;
        }
    }

    static bool TryJump(StringBuilder output, Instruction i)
    {
        var operation = i.Code & OpCode.OperationMask;
        var wide = i.Class == InstructionClass.Jump;
        var destination = i.Registers & 0x0f;
        var source = i.Registers >> 4;
        var fromRegister = (i.Code & OpCode.SourceRegister) != 0;
        switch (operation)
        {
            case OpCode.JumpAlways when !fromRegister && i.Registers == 0 && wide && i.Immediate == 0:
                output.Append(s_invariant, $"goto {Sign(i.Offset)}{Magnitude(i.Offset)}");
                return true;
            case OpCode.JumpAlways when !fromRegister && i.Registers == 0 && !wide && i.Offset == 0:
                output.Append(s_invariant, $"gotol {Sign(i.Immediate)}{Magnitude(i.Immediate)}");
                return true;
            case OpCode.JumpAlways or OpCode.Call when wide && fromRegister && source == 0 && i.Offset == 0 && i.Immediate == 0:
                output.Append(s_invariant, $"{(operation == OpCode.Call ? "callx" : "gotox")} r{destination}");
                return true;
            case OpCode.JumpConditional when wide && !fromRegister && i.Registers == 0 && i.Immediate == 0:
                output.Append(s_invariant, $"may_goto {Sign(i.Offset)}{Magnitude(i.Offset)}");
                return true;
            case OpCode.Exit when wide && !fromRegister && i.Registers == 0 && i.Offset == 0 && i.Immediate == 0:
                output.Append("exit");
                return true;
            case OpCode.Call when wide && !fromRegister && destination == 0:
                return TryCall(output, i);
        }
        var text = JumpOperators[operation >> 4];
        if (text is null || source >= RegisterCount || (fromRegister ? i.Immediate != 0 : source != 0)) return false;
        var prefix = wide ? 'r' : 'w';
        output.Append(s_invariant, $"if {prefix}{destination} {text} ");
        if (fromRegister) output.Append(s_invariant, $"{prefix}{source}");
        else output.Append(s_invariant, $"{i.Immediate}");
        output.Append(s_invariant, $" goto {Sign(i.Offset)}{Magnitude(i.Offset)}");
        return true;
    }

    static bool TryCall(StringBuilder output, Instruction i)
    {
        switch (i.Registers >> 4)
        {
            case 0 when i.Offset == 0:
                output.Append(s_invariant, $"call {((HelperFunction)i.Immediate).KernelName()}#{i.Immediate}");
                return true;
            case OpCode.PseudoCall when i.Offset == 0:
                output.Append(s_invariant, $"call pc{Sign(i.Immediate)}{Magnitude(i.Immediate)}");
                return true;
            case OpCode.PseudoKfuncCall:
                output.Append(s_invariant, $"call kfunc#{i.Immediate}");
                if (i.Offset != 0) output.Append(s_invariant, $"@{i.Offset}");
                return true;
            default:
                return false;
        }
    }

    static void AppendAddress(StringBuilder output, int register, short offset) =>
        output.Append(s_invariant, $"r{register} {Sign(offset)} {Magnitude(offset)}");

    static char Sign(int value) => value < 0 ? '-' : '+';

    static uint Magnitude(int value) => value < 0 ? 0u - (uint)value : (uint)value;

    static int Bits(byte code) => (code & OpCode.SizeMask) switch
    {
        OpCode.Byte => 8,
        OpCode.Half => 16,
        OpCode.Word => 32,
        _ => 64,
    };
}
