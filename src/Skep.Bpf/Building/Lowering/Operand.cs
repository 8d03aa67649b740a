namespace Skep.Bpf.Building;

enum OperandKind : byte
{
    None,
    Virtual,
    Constant,
    Stack,
    Symbol,
}

/// <summary>What an operation works on: a virtual register, a constant, a stack address, or the address of a map, function or variable.</summary>
readonly record struct Operand(OperandKind Kind, long Number, RelocationKind Relocation = default, string? Name = null)
{
    public static Operand Virtual(int register) => new(OperandKind.Virtual, register);

    public static Operand Constant(long value) => new(OperandKind.Constant, value);

    /// <summary>An address in the frame: a negative offset from r10.</summary>
    public static Operand Stack(int offset) => new(OperandKind.Stack, offset);

    public static Operand Symbol(RelocationKind kind, string name, int addend = 0) => new(OperandKind.Symbol, addend, kind, name);

    public bool IsVirtual => Kind == OperandKind.Virtual;

    public bool FitsImmediate => Kind == OperandKind.Constant && Number is >= int.MinValue and <= int.MaxValue;

    public int Register => (int)Number;
}
