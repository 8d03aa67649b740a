using Skep.Bpf.Instructions;

namespace Skep.Bpf.Building;

/// <summary>
/// A value in generated code: a virtual register or a constant. Operators emit 64-bit instructions at once and yield a new value; the result is
/// signed when an operand is. A value made by <see cref="CodeBuilder.Let"/> is a variable: it stands for its current content wherever it is used.
/// </summary>
#pragma warning disable CS0660, CS0661, CA1036, CA1067, CA1815 // == builds a condition: values have no equality of their own.
public readonly struct Value
#pragma warning restore
{
    readonly CodeBuilder? _code;

    internal Value(CodeBuilder? code, Operand operand, ScalarType type, bool isVariable = false)
    {
        _code = code;
        Operand = operand;
        Type = type;
        IsVariable = isVariable;
    }

    /// <summary>Its type.</summary>
    public ScalarType Type { get; }

    internal Operand Operand { get; }

    internal bool IsVariable { get; }

    internal bool IsConstant => Operand.Kind == OperandKind.Constant;

    internal CodeBuilder Code => _code ?? throw new InvalidOperationException("a constant alone builds no code");

    internal bool IsAddress => Type == ScalarType.Pointer;

    bool IsSigned => Type.IsSigned() && !IsConstant;

    /// <summary>A constant.</summary>
    public static implicit operator Value(long constant) => new(null, Operand.Constant(constant), constant < 0 ? ScalarType.S64 : ScalarType.U64);

    /// <summary>The address of a stack buffer.</summary>
    public static implicit operator Value(StackBuffer buffer) => buffer.Address;

    /// <summary>Sum.</summary>
    public static Value operator +(Value left, Value right) => Compute(OpCode.Add, left, right);

    /// <summary>Difference.</summary>
    public static Value operator -(Value left, Value right) => Compute(OpCode.Subtract, left, right);

    /// <summary>Product.</summary>
    public static Value operator *(Value left, Value right) => Compute(OpCode.Multiply, left, right);

    /// <summary>Quotient; 0 when the divisor is 0. A signed one requires at least Linux 6.6.</summary>
    public static Value operator /(Value left, Value right) => Compute(OpCode.Divide, left, right);

    /// <summary>Remainder; the dividend when the divisor is 0. A signed one requires at least Linux 6.6.</summary>
    public static Value operator %(Value left, Value right) => Compute(OpCode.Modulo, left, right);

    /// <summary>Bitwise and.</summary>
    public static Value operator &(Value left, Value right) => Compute(OpCode.And, left, right);

    /// <summary>Bitwise or.</summary>
    public static Value operator |(Value left, Value right) => Compute(OpCode.Or, left, right);

    /// <summary>Bitwise exclusive or.</summary>
    public static Value operator ^(Value left, Value right) => Compute(OpCode.Xor, left, right);

    /// <summary>Left shift; the count is taken modulo 64.</summary>
    public static Value operator <<(Value left, Value right) => Compute(OpCode.ShiftLeft, left, right);

    /// <summary>Right shift, arithmetic for signed values; the count is taken modulo 64.</summary>
    public static Value operator >>(Value left, Value right) => Compute(left.IsSigned ? OpCode.ShiftRightArithmetic : OpCode.ShiftRight, left, right);

    /// <summary>Negation.</summary>
    public static Value operator -(Value value) => Compute(OpCode.Subtract, 0, value);

    /// <summary>Bitwise complement.</summary>
    public static Value operator ~(Value value) => Compute(OpCode.Xor, value, -1);

    /// <summary>Condition: equal.</summary>
    public static Condition operator ==(Value left, Value right) => Compare(Comparison.Equal, Comparison.Equal, left, right);

    /// <summary>Condition: not equal.</summary>
    public static Condition operator !=(Value left, Value right) => Compare(Comparison.NotEqual, Comparison.NotEqual, left, right);

    /// <summary>Condition: less.</summary>
    public static Condition operator <(Value left, Value right) => Compare(Comparison.Less, Comparison.SignedLess, left, right);

    /// <summary>Condition: greater.</summary>
    public static Condition operator >(Value left, Value right) => Compare(Comparison.Greater, Comparison.SignedGreater, left, right);

    /// <summary>Condition: less or equal.</summary>
    public static Condition operator <=(Value left, Value right) => Compare(Comparison.LessOrEqual, Comparison.SignedLessOrEqual, left, right);

    /// <summary>Condition: greater or equal.</summary>
    public static Condition operator >=(Value left, Value right) => Compare(Comparison.GreaterOrEqual, Comparison.SignedGreaterOrEqual, left, right);

    /// <summary>Condition: any of these bits is set.</summary>
    public Condition HasAny(Value bits) => Condition.Compare(Comparison.AnyBitSet, this, bits);

    /// <summary>The value converted to a type: narrower ones truncate, then extend by their sign.</summary>
    public Value To(ScalarType type) => IsConstant ? Folded(type) : Code.Convert(this, type);

    /// <summary>Reverses between host and network (big-endian) byte order, for a value of 16, 32 or 64 bits.</summary>
    public Value SwapNetworkOrder() => Code.SwapNetworkOrder(this);

    static Value Compute(int operation, Value left, Value right)
    {
        var signed = left.IsSigned || right.IsSigned;
        var type = left.IsAddress != right.IsAddress && operation is (OpCode.Add or OpCode.Subtract) ? ScalarType.Pointer
            : signed ? ScalarType.S64 : ScalarType.U64;
        if ((left._code ?? right._code) is { } code) return code.Compute(operation, signed, left, right, type);
        // Constants are signed among themselves, as in C#.
        var arithmetic = operation == OpCode.ShiftRight ? OpCode.ShiftRightArithmetic : operation;
        return (long)Interpreter.Arithmetic.Compute64(arithmetic, signed: true, (ulong)left.Operand.Number, (ulong)right.Operand.Number)!.Value;
    }

    /// <summary>Two constants are compared with their signs, as they are computed with.</summary>
    static Condition Compare(Comparison unsigned, Comparison signed, Value left, Value right) =>
        Condition.Compare(left.IsSigned || right.IsSigned || (left.IsConstant && right.IsConstant) ? signed : unsigned, left, right);

    Value Folded(ScalarType type)
    {
        var bits = type.Bytes() * 8;
        var value = type.IsSigned() ? Interpreter.Arithmetic.SignExtend((ulong)Operand.Number, bits) : Interpreter.Arithmetic.Truncate((ulong)Operand.Number, bits);
        return new Value(null, Operand.Constant((long)value), type);
    }
}
