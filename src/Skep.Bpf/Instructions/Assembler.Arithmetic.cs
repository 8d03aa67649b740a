namespace Skep.Bpf.Instructions;

public sealed partial class Assembler
{
    /// <summary>dst = src.</summary>
    public Assembler Move(Register destination, Register source) => Alu64(OpCode.Move, destination, source);

    /// <summary>dst = a sign-extended 32-bit immediate.</summary>
    public Assembler Move(Register destination, int immediate) => Alu64(OpCode.Move, destination, immediate);

    /// <summary>dst = the low half of src; the high half becomes zero.</summary>
    public Assembler Move32(Register destination, Register source) => Alu32(OpCode.Move, destination, source);

    /// <summary>dst = a 32-bit immediate; the high half becomes zero.</summary>
    public Assembler Move32(Register destination, int immediate) => Alu32(OpCode.Move, destination, immediate);

    /// <summary>dst = the sign-extended low bytes of src. Requires at least Linux 6.6.</summary>
    public Assembler MoveSigned(AccessSize size, Register destination, Register source) => size == AccessSize.Double
        ? Move(destination, source)
        : Emit(Alu64Class | OpCode.Move | OpCode.SourceRegister, destination, source, (int)size * 8);

    /// <summary>dst = a constant, in the shortest form: a move when 32 bits hold it, else a wide load.</summary>
    public Assembler Constant(Register destination, long value) => value switch
    {
        >= int.MinValue and <= int.MaxValue => Move(destination, (int)value),
        > 0 and <= uint.MaxValue => Move32(destination, (int)(uint)value),
        _ => LoadImmediate64(destination, (ulong)value),
    };

    /// <summary>dst += src.</summary>
    public Assembler Add(Register destination, Register source) => Alu64(OpCode.Add, destination, source);

    /// <summary>dst += immediate.</summary>
    public Assembler Add(Register destination, int immediate) => Alu64(OpCode.Add, destination, immediate);

    /// <summary>dst += src, on 32 bits; the high half becomes zero.</summary>
    public Assembler Add32(Register destination, Register source) => Alu32(OpCode.Add, destination, source);

    /// <summary>dst += immediate, on 32 bits; the high half becomes zero.</summary>
    public Assembler Add32(Register destination, int immediate) => Alu32(OpCode.Add, destination, immediate);

    /// <summary>dst -= src.</summary>
    public Assembler Subtract(Register destination, Register source) => Alu64(OpCode.Subtract, destination, source);

    /// <summary>dst -= immediate.</summary>
    public Assembler Subtract(Register destination, int immediate) => Alu64(OpCode.Subtract, destination, immediate);

    /// <summary>dst -= src, on 32 bits; the high half becomes zero.</summary>
    public Assembler Subtract32(Register destination, Register source) => Alu32(OpCode.Subtract, destination, source);

    /// <summary>dst -= immediate, on 32 bits; the high half becomes zero.</summary>
    public Assembler Subtract32(Register destination, int immediate) => Alu32(OpCode.Subtract, destination, immediate);

    /// <summary>dst *= src.</summary>
    public Assembler Multiply(Register destination, Register source) => Alu64(OpCode.Multiply, destination, source);

    /// <summary>dst *= immediate.</summary>
    public Assembler Multiply(Register destination, int immediate) => Alu64(OpCode.Multiply, destination, immediate);

    /// <summary>dst *= src, on 32 bits; the high half becomes zero.</summary>
    public Assembler Multiply32(Register destination, Register source) => Alu32(OpCode.Multiply, destination, source);

    /// <summary>dst *= immediate, on 32 bits; the high half becomes zero.</summary>
    public Assembler Multiply32(Register destination, int immediate) => Alu32(OpCode.Multiply, destination, immediate);

    /// <summary>dst /= src; 0 when the divisor is 0.</summary>
    public Assembler Divide(Register destination, Register source) => Alu64(OpCode.Divide, destination, source);

    /// <summary>dst /= immediate; 0 when the divisor is 0.</summary>
    public Assembler Divide(Register destination, int immediate) => Alu64(OpCode.Divide, destination, immediate);

    /// <summary>dst /= src, on 32 bits; the high half becomes zero; 0 when the divisor is 0.</summary>
    public Assembler Divide32(Register destination, Register source) => Alu32(OpCode.Divide, destination, source);

    /// <summary>dst /= immediate, on 32 bits; the high half becomes zero; 0 when the divisor is 0.</summary>
    public Assembler Divide32(Register destination, int immediate) => Alu32(OpCode.Divide, destination, immediate);

    /// <summary>dst %= src; unchanged when the divisor is 0.</summary>
    public Assembler Modulo(Register destination, Register source) => Alu64(OpCode.Modulo, destination, source);

    /// <summary>dst %= immediate; unchanged when the divisor is 0.</summary>
    public Assembler Modulo(Register destination, int immediate) => Alu64(OpCode.Modulo, destination, immediate);

    /// <summary>dst %= src, on 32 bits; the high half becomes zero; unchanged when the divisor is 0.</summary>
    public Assembler Modulo32(Register destination, Register source) => Alu32(OpCode.Modulo, destination, source);

    /// <summary>dst %= immediate, on 32 bits; the high half becomes zero; unchanged when the divisor is 0.</summary>
    public Assembler Modulo32(Register destination, int immediate) => Alu32(OpCode.Modulo, destination, immediate);

    /// <summary>dst |= src.</summary>
    public Assembler Or(Register destination, Register source) => Alu64(OpCode.Or, destination, source);

    /// <summary>dst |= immediate.</summary>
    public Assembler Or(Register destination, int immediate) => Alu64(OpCode.Or, destination, immediate);

    /// <summary>dst |= src, on 32 bits; the high half becomes zero.</summary>
    public Assembler Or32(Register destination, Register source) => Alu32(OpCode.Or, destination, source);

    /// <summary>dst |= immediate, on 32 bits; the high half becomes zero.</summary>
    public Assembler Or32(Register destination, int immediate) => Alu32(OpCode.Or, destination, immediate);

    /// <summary>dst &amp;= src.</summary>
    public Assembler And(Register destination, Register source) => Alu64(OpCode.And, destination, source);

    /// <summary>dst &amp;= immediate.</summary>
    public Assembler And(Register destination, int immediate) => Alu64(OpCode.And, destination, immediate);

    /// <summary>dst &amp;= src, on 32 bits; the high half becomes zero.</summary>
    public Assembler And32(Register destination, Register source) => Alu32(OpCode.And, destination, source);

    /// <summary>dst &amp;= immediate, on 32 bits; the high half becomes zero.</summary>
    public Assembler And32(Register destination, int immediate) => Alu32(OpCode.And, destination, immediate);

    /// <summary>dst ^= src.</summary>
    public Assembler Xor(Register destination, Register source) => Alu64(OpCode.Xor, destination, source);

    /// <summary>dst ^= immediate.</summary>
    public Assembler Xor(Register destination, int immediate) => Alu64(OpCode.Xor, destination, immediate);

    /// <summary>dst ^= src, on 32 bits; the high half becomes zero.</summary>
    public Assembler Xor32(Register destination, Register source) => Alu32(OpCode.Xor, destination, source);

    /// <summary>dst ^= immediate, on 32 bits; the high half becomes zero.</summary>
    public Assembler Xor32(Register destination, int immediate) => Alu32(OpCode.Xor, destination, immediate);

    /// <summary>dst &lt;&lt;= src.</summary>
    public Assembler ShiftLeft(Register destination, Register source) => Alu64(OpCode.ShiftLeft, destination, source);

    /// <summary>dst &lt;&lt;= immediate.</summary>
    public Assembler ShiftLeft(Register destination, int immediate) => Alu64(OpCode.ShiftLeft, destination, immediate);

    /// <summary>dst &lt;&lt;= src, on 32 bits; the high half becomes zero.</summary>
    public Assembler ShiftLeft32(Register destination, Register source) => Alu32(OpCode.ShiftLeft, destination, source);

    /// <summary>dst &lt;&lt;= immediate, on 32 bits; the high half becomes zero.</summary>
    public Assembler ShiftLeft32(Register destination, int immediate) => Alu32(OpCode.ShiftLeft, destination, immediate);

    /// <summary>dst &gt;&gt;= src, logical.</summary>
    public Assembler ShiftRight(Register destination, Register source) => Alu64(OpCode.ShiftRight, destination, source);

    /// <summary>dst &gt;&gt;= immediate, logical.</summary>
    public Assembler ShiftRight(Register destination, int immediate) => Alu64(OpCode.ShiftRight, destination, immediate);

    /// <summary>dst &gt;&gt;= src, logical, on 32 bits; the high half becomes zero.</summary>
    public Assembler ShiftRight32(Register destination, Register source) => Alu32(OpCode.ShiftRight, destination, source);

    /// <summary>dst &gt;&gt;= immediate, logical, on 32 bits; the high half becomes zero.</summary>
    public Assembler ShiftRight32(Register destination, int immediate) => Alu32(OpCode.ShiftRight, destination, immediate);

    /// <summary>dst &gt;&gt;= src, arithmetic.</summary>
    public Assembler ShiftRightArithmetic(Register destination, Register source) => Alu64(OpCode.ShiftRightArithmetic, destination, source);

    /// <summary>dst &gt;&gt;= immediate, arithmetic.</summary>
    public Assembler ShiftRightArithmetic(Register destination, int immediate) => Alu64(OpCode.ShiftRightArithmetic, destination, immediate);

    /// <summary>dst &gt;&gt;= src, arithmetic, on 32 bits; the high half becomes zero.</summary>
    public Assembler ShiftRightArithmetic32(Register destination, Register source) => Alu32(OpCode.ShiftRightArithmetic, destination, source);

    /// <summary>dst &gt;&gt;= immediate, arithmetic, on 32 bits; the high half becomes zero.</summary>
    public Assembler ShiftRightArithmetic32(Register destination, int immediate) => Alu32(OpCode.ShiftRightArithmetic, destination, immediate);

    /// <summary>dst /= src, signed. Requires at least Linux 6.6.</summary>
    public Assembler DivideSigned(Register destination, Register source) => Alu64(OpCode.Divide, destination, source, offset: 1);

    /// <summary>dst /= immediate, signed. Requires at least Linux 6.6.</summary>
    public Assembler DivideSigned(Register destination, int immediate) => Alu64(OpCode.Divide, destination, immediate, offset: 1);

    /// <summary>dst /= src, signed, on 32 bits; the high half becomes zero. Requires at least Linux 6.6.</summary>
    public Assembler DivideSigned32(Register destination, Register source) => Alu32(OpCode.Divide, destination, source, offset: 1);

    /// <summary>dst /= immediate, signed, on 32 bits; the high half becomes zero. Requires at least Linux 6.6.</summary>
    public Assembler DivideSigned32(Register destination, int immediate) => Alu32(OpCode.Divide, destination, immediate, offset: 1);

    /// <summary>dst %= src, signed. Requires at least Linux 6.6.</summary>
    public Assembler ModuloSigned(Register destination, Register source) => Alu64(OpCode.Modulo, destination, source, offset: 1);

    /// <summary>dst %= immediate, signed. Requires at least Linux 6.6.</summary>
    public Assembler ModuloSigned(Register destination, int immediate) => Alu64(OpCode.Modulo, destination, immediate, offset: 1);

    /// <summary>dst %= src, signed, on 32 bits; the high half becomes zero. Requires at least Linux 6.6.</summary>
    public Assembler ModuloSigned32(Register destination, Register source) => Alu32(OpCode.Modulo, destination, source, offset: 1);

    /// <summary>dst %= immediate, signed, on 32 bits; the high half becomes zero. Requires at least Linux 6.6.</summary>
    public Assembler ModuloSigned32(Register destination, int immediate) => Alu32(OpCode.Modulo, destination, immediate, offset: 1);

    /// <summary>dst = -dst.</summary>
    public Assembler Negate(Register destination) => Alu64(OpCode.Negate, destination, 0);

    /// <summary>dst = -dst on 32 bits; the high half becomes zero.</summary>
    public Assembler Negate32(Register destination) => Alu32(OpCode.Negate, destination, 0);

    /// <summary>Converts between host order and big-endian: 16, 32 or 64 bits; higher bits become zero.</summary>
    public Assembler ToBigEndian(Register destination, int bits) =>
        Emit(Alu32Class | OpCode.ByteSwap | OpCode.SourceRegister, destination, default, immediate: CheckSwap(bits));

    /// <summary>Converts between host order and little-endian: 16, 32 or 64 bits; higher bits become zero.</summary>
    public Assembler ToLittleEndian(Register destination, int bits) => Emit(Alu32Class | OpCode.ByteSwap, destination, default, immediate: CheckSwap(bits));

    /// <summary>Reverses the low 16, 32 or 64 bits; higher bits become zero. Requires at least Linux 6.6.</summary>
    public Assembler ByteSwap(Register destination, int bits) => Emit(Alu64Class | OpCode.ByteSwap, destination, default, immediate: CheckSwap(bits));

    /// <summary>dst = src as a pointer in another address space (1 is an arena's, 0 the kernel's). Requires at least Linux 6.9.</summary>
    public Assembler CastAddressSpace(Register destination, Register source, ushort to, ushort from) =>
        Emit(Alu64Class | OpCode.Move | OpCode.SourceRegister, destination, source, offset: 1, immediate: (to << 16) | from);

    const int Alu32Class = (int)InstructionClass.Alu32;
    const int Alu64Class = (int)InstructionClass.Alu64;

    Assembler Alu64(int operation, Register destination, Register source, int offset = 0) =>
        Emit(Alu64Class | operation | OpCode.SourceRegister, destination, source, offset);

    Assembler Alu64(int operation, Register destination, int immediate, int offset = 0) =>
        Emit(Alu64Class | operation, destination, default, offset, immediate);

    Assembler Alu32(int operation, Register destination, Register source, int offset = 0) =>
        Emit(Alu32Class | operation | OpCode.SourceRegister, destination, source, offset);

    Assembler Alu32(int operation, Register destination, int immediate, int offset = 0) =>
        Emit(Alu32Class | operation, destination, default, offset, immediate);

    static int CheckSwap(int bits) => bits is 16 or 32 or 64 ? bits : throw new ArgumentOutOfRangeException(nameof(bits), bits, "16, 32 or 64");
}
