using System.Buffers.Binary;
using Skep.Bpf.Instructions;

namespace Skep.Bpf.Interpreter;

/// <summary>The results of arithmetic and comparisons (RFC 9669 §4): division by zero yields 0, shifts mask their count, 32-bit results are zero-extended.</summary>
static class Arithmetic
{
    /// <summary>Result of a 64-bit operation; null for an operation that does not exist.</summary>
    public static ulong? Compute64(int operation, bool signed, ulong left, ulong right) => operation switch
    {
        OpCode.Add => left + right,
        OpCode.Subtract => left - right,
        OpCode.Multiply => left * right,
        OpCode.Divide when signed => right == 0 ? 0 : right == ulong.MaxValue ? 0 - left : (ulong)((long)left / (long)right),
        OpCode.Divide => right == 0 ? 0 : left / right,
        OpCode.Modulo when signed => right == 0 ? left : right == ulong.MaxValue ? 0 : (ulong)((long)left % (long)right),
        OpCode.Modulo => right == 0 ? left : left % right,
        OpCode.Or => left | right,
        OpCode.And => left & right,
        OpCode.Xor => left ^ right,
        OpCode.ShiftLeft => left << (int)(right & 63),
        OpCode.ShiftRight => left >> (int)(right & 63),
        OpCode.ShiftRightArithmetic => (ulong)((long)left >> (int)(right & 63)),
        OpCode.Negate => 0 - left,
        OpCode.Move => right,
        _ => null,
    };

    /// <summary>Result of a 32-bit operation; null for an operation that does not exist.</summary>
    public static uint? Compute32(int operation, bool signed, uint left, uint right) => operation switch
    {
        OpCode.Add => left + right,
        OpCode.Subtract => left - right,
        OpCode.Multiply => left * right,
        OpCode.Divide when signed => right == 0 ? 0 : right == uint.MaxValue ? 0 - left : (uint)((int)left / (int)right),
        OpCode.Divide => right == 0 ? 0 : left / right,
        OpCode.Modulo when signed => right == 0 ? left : right == uint.MaxValue ? 0 : (uint)((int)left % (int)right),
        OpCode.Modulo => right == 0 ? left : left % right,
        OpCode.Or => left | right,
        OpCode.And => left & right,
        OpCode.Xor => left ^ right,
        OpCode.ShiftLeft => left << (int)(right & 31),
        OpCode.ShiftRight => left >> (int)(right & 31),
        OpCode.ShiftRightArithmetic => (uint)((int)left >> (int)(right & 31)),
        OpCode.Negate => 0 - left,
        OpCode.Move => right,
        _ => null,
    };

    /// <summary>The low bytes of a value, sign-extended to 64 bits; <paramref name="bits"/> is 8, 16, 32 or 64.</summary>
    public static ulong SignExtend(ulong value, int bits) => (ulong)((long)(value << (64 - bits)) >> (64 - bits));

    /// <summary>The low 16, 32 or 64 bits in reverse byte order, zero-extended.</summary>
    public static ulong ReverseBytes(ulong value, int bits) => bits switch
    {
        16 => BinaryPrimitives.ReverseEndianness((ushort)value),
        32 => BinaryPrimitives.ReverseEndianness((uint)value),
        _ => BinaryPrimitives.ReverseEndianness(value),
    };

    /// <summary>The low 16, 32 or 64 bits, zero-extended.</summary>
    public static ulong Truncate(ulong value, int bits) => bits == 64 ? value : value & ((1UL << bits) - 1);

    /// <summary>Whether a comparison holds; null for one that does not exist. 32-bit operands arrive sign-extended for signed comparisons.</summary>
    public static bool? Compare(int operation, ulong left, ulong right) => operation switch
    {
        OpCode.JumpEqual => left == right,
        OpCode.JumpNotEqual => left != right,
        OpCode.JumpGreater => left > right,
        OpCode.JumpGreaterOrEqual => left >= right,
        OpCode.JumpLess => left < right,
        OpCode.JumpLessOrEqual => left <= right,
        OpCode.JumpSet => (left & right) != 0,
        OpCode.JumpSignedGreater => (long)left > (long)right,
        OpCode.JumpSignedGreaterOrEqual => (long)left >= (long)right,
        OpCode.JumpSignedLess => (long)left < (long)right,
        OpCode.JumpSignedLessOrEqual => (long)left <= (long)right,
        _ => null,
    };
}
