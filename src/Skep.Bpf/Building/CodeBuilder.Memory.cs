using System.Runtime.CompilerServices;
using Skep.Bpf.Instructions;

namespace Skep.Bpf.Building;

public sealed partial class CodeBuilder
{
    /// <summary>Loads a number from an address plus an offset.</summary>
    public Value Load(ScalarType type, Value address, int offset = 0, [CallerArgumentExpression(nameof(address))] string text = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        At(file, line, $"load {text}");
        var unsigned = ScalarTypes.Unsigned(type.Bytes());
        var result = NewValue(unsigned);
        Add(new Operation(OperationKind.Load) { Target = result.Operand.Register, A = Place(address), Offset = offset, Size = type.Size() });
        // Sign-extending loads need Linux 6.6.
        return type == unsigned ? result : Convert(result, type);
    }

    /// <summary>Loads a field of the struct at an address.</summary>
    public Value Load(Value address, Field field, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Load(field.Type, address, field.Offset, field.Name, file, line);

    /// <summary>Stores the low bytes of a value at an address plus an offset.</summary>
    public void Store(ScalarType type, Value address, int offset, Value value, [CallerArgumentExpression(nameof(value))] string text = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        At(file, line, $"store {text}");
        Add(new Operation(OperationKind.Store)
        {
            A = Place(address),
            B = value.Operand.FitsImmediate ? value.Operand : InRegister(value).Operand,
            Offset = offset,
            Size = type.Size(),
        });
    }

    /// <summary>Stores a field of the struct at an address.</summary>
    public void Store(Value address, Field field, Value value, [CallerArgumentExpression(nameof(value))] string text = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Store(field.Type, address, field.Offset, value, $"{field.Name} = {text}", file, line);

    /// <summary>Loads a global variable of one, two, four or eight bytes.</summary>
    public Value Load(VariableSpec variable, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(variable);
        return Load(ScalarTypes.Unsigned(variable.Size), AddressOf(variable), 0, variable.Name, file, line);
    }

    /// <summary>Stores into a global variable of one, two, four or eight bytes.</summary>
    public void Store(VariableSpec variable, Value value, [CallerArgumentExpression(nameof(value))] string text = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(variable);
        Store(ScalarTypes.Unsigned(variable.Size), AddressOf(variable), 0, value, $"{variable.Name} = {text}", file, line);
    }

    /// <summary>Adds to four or eight bytes in memory, atomically.</summary>
    public void AtomicAdd(ScalarType type, Value address, int offset, Value value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        At(file, line, "atomic add");
        AddAtomic(AtomicOperation.Add, type, address, offset, InRegister(value).Operand);
    }

    /// <summary>
    /// Changes four or eight bytes in memory atomically and returns the old value. Requires at least Linux 5.12.
    /// </summary>
    /// <param name="operation">One of Add, Or, And, Xor and Exchange of <see cref="AtomicOperation"/>; the fetch flag is set here.</param>
    /// <param name="type">U32 or U64.</param>
    /// <param name="address">Where.</param>
    /// <param name="offset">Bytes after the address.</param>
    /// <param name="value">The operand.</param>
    /// <param name="file">The C# file of the call.</param>
    /// <param name="line">The C# line of the call.</param>
    public Value AtomicFetch(int operation, ScalarType type, Value address, int offset, Value value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        At(file, line, "atomic fetch");
        var result = NewValue(ScalarTypes.Unsigned(type.Bytes()));
        Add(new Operation(OperationKind.Move) { Target = result.Operand.Register, A = value.Operand });
        AddAtomic(operation | AtomicOperation.Fetch, type, address, offset, result.Operand);
        return result;
    }

    /// <summary>Stores a value when memory holds the expected one, atomically, and returns what it held. Requires at least Linux 5.12.</summary>
    public Value AtomicCompareExchange(ScalarType type, Value address, int offset, Value expected, Value value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        At(file, line, "atomic compare and exchange");
        CheckAtomic(type);
        var result = NewValue(ScalarTypes.Unsigned(type.Bytes()));
        Add(new Operation(OperationKind.Call)
        {
            Call = CallKind.CompareExchange,
            Target = result.Operand.Register,
            Arguments = [address.Operand, value.Operand, expected.Operand],
            Offset = offset,
            Size = type.Size(),
        });
        // On x86 a successful 32-bit exchange leaves the high half of r0 as it was, and the kernel's zero extension is not always there.
        return type.Bytes() == 4 ? Truncated(result) : result;
    }

    Value Truncated(Value value) => Convert(new Value(this, value.Operand, ScalarType.U64), ScalarType.U32);

    void AddAtomic(int operation, ScalarType type, Value address, int offset, Operand operand)
    {
        CheckAtomic(type);
        Add(new Operation(OperationKind.Atomic) { A = Place(address), B = operand, Code = operation, Offset = offset, Size = type.Size() });
    }

    static void CheckAtomic(ScalarType type)
    {
        if (type.Bytes() < 4) throw new ArgumentException("atomic operations take four or eight bytes", nameof(type));
    }

    // A stack address needs no register of its own: r10 takes the offset.
    Operand Place(Value address) => address.Operand.Kind == OperandKind.Stack ? address.Operand : InRegister(address).Operand;
}
