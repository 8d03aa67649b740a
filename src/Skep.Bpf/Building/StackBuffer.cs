namespace Skep.Bpf.Building;

/// <summary>Bytes on the stack of the function; the whole stack has 512.</summary>
public sealed class StackBuffer
{
    readonly CodeBuilder _code;
    readonly int _offset;

    internal StackBuffer(CodeBuilder code, int offset, int size) => (_code, _offset, Size) = (code, offset, size);

    /// <summary>Bytes that were asked for.</summary>
    public int Size { get; }

    /// <summary>The address of its first byte.</summary>
    public Value Address => new(_code, Operand.Stack(_offset), ScalarType.Pointer);

    /// <summary>The address of a byte in it.</summary>
    public Value At(int offset) => offset >= 0 && offset <= Size
        ? new Value(_code, Operand.Stack(_offset + offset), ScalarType.Pointer)
        : throw new ArgumentOutOfRangeException(nameof(offset), offset, $"the buffer has {Size} bytes");

    /// <summary>The address of a field in it.</summary>
    public Value At(Field field) => At(field.Offset);
}
