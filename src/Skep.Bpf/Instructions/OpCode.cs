namespace Skep.Bpf.Instructions;

/// <summary>Bits that make up the opcode byte (RFC 9669 §3, §4, §5; include/uapi/linux/bpf.h).</summary>
public static class OpCode
{
    /// <summary>Mask of the instruction class.</summary>
    public const byte ClassMask = 0x07;
    /// <summary>Mask of the arithmetic or jump operation.</summary>
    public const byte OperationMask = 0xf0;
    /// <summary>The source operand is a register; without it, the immediate.</summary>
    public const byte SourceRegister = 0x08;

    /// <summary>Mask of the access size in loads and stores.</summary>
    public const byte SizeMask = 0x18;
    /// <summary>Four bytes.</summary>
    public const byte Word = 0x00;
    /// <summary>Two bytes.</summary>
    public const byte Half = 0x08;
    /// <summary>One byte.</summary>
    public const byte Byte = 0x10;
    /// <summary>Eight bytes.</summary>
    public const byte Double = 0x18;

    /// <summary>Mask of the addressing mode in loads and stores.</summary>
    public const byte ModeMask = 0xe0;
    /// <summary>64-bit immediate.</summary>
    public const byte ModeImmediate = 0x00;
    /// <summary>Legacy packet access at a fixed offset.</summary>
    public const byte ModeAbsolute = 0x20;
    /// <summary>Legacy packet access at a register offset.</summary>
    public const byte ModeIndirect = 0x40;
    /// <summary>Register plus offset.</summary>
    public const byte ModeMemory = 0x60;
    /// <summary>Register plus offset, sign-extended. Requires at least Linux 6.6.</summary>
    public const byte ModeMemorySigned = 0x80;
    /// <summary>Atomic operation; the operation is in the immediate.</summary>
    public const byte ModeAtomic = 0xc0;

    /// <summary>dst += src.</summary>
    public const byte Add = 0x00;
    /// <summary>dst -= src.</summary>
    public const byte Subtract = 0x10;
    /// <summary>dst *= src.</summary>
    public const byte Multiply = 0x20;
    /// <summary>dst /= src; signed when the offset is 1.</summary>
    public const byte Divide = 0x30;
    /// <summary>dst |= src.</summary>
    public const byte Or = 0x40;
    /// <summary>dst &amp;= src.</summary>
    public const byte And = 0x50;
    /// <summary>dst &lt;&lt;= src.</summary>
    public const byte ShiftLeft = 0x60;
    /// <summary>dst &gt;&gt;= src, logical.</summary>
    public const byte ShiftRight = 0x70;
    /// <summary>dst = -dst.</summary>
    public const byte Negate = 0x80;
    /// <summary>dst %= src; signed when the offset is 1.</summary>
    public const byte Modulo = 0x90;
    /// <summary>dst ^= src.</summary>
    public const byte Xor = 0xa0;
    /// <summary>dst = src; sign-extending when the offset is 8, 16 or 32.</summary>
    public const byte Move = 0xb0;
    /// <summary>dst &gt;&gt;= src, arithmetic.</summary>
    public const byte ShiftRightArithmetic = 0xc0;
    /// <summary>Byte order conversion; width in the immediate.</summary>
    public const byte ByteSwap = 0xd0;

    /// <summary>Unconditional jump.</summary>
    public const byte JumpAlways = 0x00;
    /// <summary>Jump if equal.</summary>
    public const byte JumpEqual = 0x10;
    /// <summary>Jump if greater, unsigned.</summary>
    public const byte JumpGreater = 0x20;
    /// <summary>Jump if greater or equal, unsigned.</summary>
    public const byte JumpGreaterOrEqual = 0x30;
    /// <summary>Jump if any bit of src is set in dst.</summary>
    public const byte JumpSet = 0x40;
    /// <summary>Jump if not equal.</summary>
    public const byte JumpNotEqual = 0x50;
    /// <summary>Jump if greater, signed.</summary>
    public const byte JumpSignedGreater = 0x60;
    /// <summary>Jump if greater or equal, signed.</summary>
    public const byte JumpSignedGreaterOrEqual = 0x70;
    /// <summary>Call of a helper, a subprogram or a kfunc.</summary>
    public const byte Call = 0x80;
    /// <summary>Return.</summary>
    public const byte Exit = 0x90;
    /// <summary>Jump if less, unsigned.</summary>
    public const byte JumpLess = 0xa0;
    /// <summary>Jump if less or equal, unsigned.</summary>
    public const byte JumpLessOrEqual = 0xb0;
    /// <summary>Jump if less, signed.</summary>
    public const byte JumpSignedLess = 0xc0;
    /// <summary>Jump if less or equal, signed.</summary>
    public const byte JumpSignedLessOrEqual = 0xd0;
    /// <summary>May-goto: a jump that the kernel takes after a bounded number of passes. Requires at least Linux 6.9.</summary>
    public const byte JumpConditional = 0xe0;

    /// <summary>The whole opcode of the first slot of a 64-bit immediate load.</summary>
    public const byte LoadImmediate64 = (byte)InstructionClass.Load | Double | ModeImmediate;
    /// <summary>The whole opcode of a call.</summary>
    public const byte CallInstruction = (byte)InstructionClass.Jump | Call;
    /// <summary>The whole opcode of exit.</summary>
    public const byte ExitInstruction = (byte)InstructionClass.Jump | Exit;

    /// <summary><c>src</c> of a 64-bit immediate that holds a map's file descriptor.</summary>
    public const byte PseudoMapFd = 1;
    /// <summary><c>src</c> of a 64-bit immediate that holds a map's fd and, in the second slot, an offset into its value.</summary>
    public const byte PseudoMapValue = 2;
    /// <summary><c>src</c> of a 64-bit immediate that holds the BTF id of a kernel variable.</summary>
    public const byte PseudoBtfId = 3;
    /// <summary><c>src</c> of a 64-bit immediate that holds the relative address of a subprogram.</summary>
    public const byte PseudoFunction = 4;
    /// <summary><c>src</c> of a 64-bit immediate that holds an index into <c>fd_array</c>.</summary>
    public const byte PseudoMapIndex = 5;
    /// <summary>As <see cref="PseudoMapValue"/>, by index into <c>fd_array</c>.</summary>
    public const byte PseudoMapIndexValue = 6;
    /// <summary><c>src</c> of a call of a subprogram, relative to the next instruction.</summary>
    public const byte PseudoCall = 1;
    /// <summary><c>src</c> of a call of a kernel function by BTF id.</summary>
    public const byte PseudoKfuncCall = 2;
}
