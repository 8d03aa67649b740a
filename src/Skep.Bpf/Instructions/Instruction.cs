using System.Runtime.InteropServices;

namespace Skep.Bpf.Instructions;

/// <summary>
/// One 8-byte slot of eBPF code in host byte order, laid out as the kernel's <c>struct bpf_insn</c>.
/// A 64-bit immediate load takes two consecutive slots. Slots carry no metadata: relocations, line and function
/// information live in tables beside the code, keyed by slot index, as in the kernel and in ELF.
/// </summary>
/// <param name="Code">The opcode byte; see <see cref="Instructions.OpCode"/>.</param>
/// <param name="Registers">Destination in the low four bits, source in the high four.</param>
/// <param name="Offset">Signed offset of a memory access or a jump (in slots, from the next slot).</param>
/// <param name="Immediate">Signed immediate.</param>
[StructLayout(LayoutKind.Sequential, Pack = 4, Size = 8)]
public readonly record struct Instruction(byte Code, byte Registers, short Offset, int Immediate)
{
    /// <summary>Bytes of a slot.</summary>
    public const int Size = 8;

    /// <summary>Builds a slot from separate register operands.</summary>
    public Instruction(int code, Register destination, Register source, int offset = 0, int immediate = 0)
        : this((byte)code, (byte)((int)destination | ((int)source << 4)), checked((short)offset), immediate)
    {
    }

    /// <summary>The instruction class, from the low three bits of the opcode.</summary>
    public InstructionClass Class => (InstructionClass)(Code & OpCode.ClassMask);

    /// <summary>Destination register.</summary>
    public Register Destination => (Register)(Registers & 0x0f);

    /// <summary>Source register, or the kind of a pseudo operand in wide loads and calls.</summary>
    public Register Source => (Register)(Registers >> 4);

    /// <summary>Whether this is the first of the two slots of a 64-bit immediate load.</summary>
    public bool IsWide => Code == OpCode.LoadImmediate64;

    /// <summary>Whether this calls a helper by number.</summary>
    public bool IsHelperCall => Code == OpCode.CallInstruction && Registers >> 4 == 0;

    /// <summary>Whether this calls a subprogram of the same program.</summary>
    public bool IsSubprogramCall => Code == OpCode.CallInstruction && Registers >> 4 == OpCode.PseudoCall;

    /// <summary>Whether this calls a kernel function by BTF id.</summary>
    public bool IsKfuncCall => Code == OpCode.CallInstruction && Registers >> 4 == OpCode.PseudoKfuncCall;

    /// <summary>The same slot with another immediate.</summary>
    public Instruction WithImmediate(int immediate) => this with { Immediate = immediate };

    /// <summary>The same slot with another source register or pseudo kind.</summary>
    public Instruction WithSource(byte source) => this with { Registers = (byte)((Registers & 0x0f) | (source << 4)) };
}
