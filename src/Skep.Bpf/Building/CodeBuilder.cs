using System.Runtime.CompilerServices;
using Skep.Bpf.Instructions;

namespace Skep.Bpf.Building;

/// <summary>
/// Builds one function from typed values and structured statements. Values live in virtual registers; machine registers, spills and the stack
/// are laid out when the function is complete. Statements remember the C# line that made them, so that the verifier's log quotes it.
/// The same calls always give the same code.
/// </summary>
public sealed partial class CodeBuilder
{
    const int MaxStack = 512;

    readonly Assembler _assembler;
    readonly List<Operation> _operations = [];
    readonly List<Value> _parameters = [];
    readonly List<Scope> _scopes = [];
    SourceLine? _line;
    int _firstWithoutLine;
    int _registers;
    int _stack;
    readonly StackBuffer?[] _scratch = new StackBuffer?[2];

    internal CodeBuilder(ObjectBuilder owner, string name, Linkage linkage, bool hidden, IReadOnlyList<string> parameters, string file, int line)
    {
        const int MaxParameters = 5;
        if (parameters.Count > MaxParameters) throw new ArgumentException($"function '{name}' has {parameters.Count} parameters, five fit into registers");
        Object = owner;
        ParameterNames = parameters;
        _assembler = new Assembler(name) { Linkage = linkage, IsHidden = hidden };
        for (var i = 0; i < parameters.Count; i++) _parameters.Add(NewValue(ScalarType.U64));
        _operations.Add(new Operation(OperationKind.Parameters) { Arguments = [.. _parameters.Select(p => p.Operand)] });
        // The kernel wants a source line at the start of every function (kernel/bpf/verifier.c: check_btf_line).
        At(file, line, $"{name}({string.Join(", ", parameters)})");
    }

    /// <summary>Name of the function.</summary>
    public string Name => _assembler.Name;

    /// <summary>The object that it belongs to.</summary>
    public ObjectBuilder Object { get; }

    /// <summary>The program's context, which is its first parameter.</summary>
    public Value Context => Parameter(0).To(ScalarType.Pointer);

    internal IReadOnlyList<string> ParameterNames { get; }

    internal FunctionSpec? Built { get; private set; }

    /// <summary>A parameter, from 0.</summary>
    public Value Parameter(int index) => _parameters[index];

    /// <summary>A constant of 64 bits.</summary>
    public Value Constant(ulong value) => new(this, Operand.Constant((long)value), ScalarType.U64);

    /// <summary>A variable with an initial value; see <see cref="Assign"/>.</summary>
    public Value Let(Value initial, [CallerArgumentExpression(nameof(initial))] string text = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        At(file, line, text);
        var variable = new Value(this, Operand.Virtual(_registers++), initial.Type, isVariable: true);
        Add(new Operation(OperationKind.Move) { Target = variable.Operand.Register, A = initial.Operand });
        return variable;
    }

    /// <summary>Changes a variable.</summary>
    public void Assign(Value variable, Value value, [CallerArgumentExpression(nameof(value))] string text = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        At(file, line, text);
        if (!variable.IsVariable) throw new ArgumentException("only what Let returns can be assigned to", nameof(variable));
        Add(new Operation(OperationKind.Move) { Target = variable.Operand.Register, A = value.Operand });
    }

    /// <summary>The address of a global variable of the object.</summary>
    public Value AddressOf(VariableSpec variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        return new Value(this, Operand.Symbol(RelocationKind.MapValue, variable.Map.Name, variable.Offset), ScalarType.Pointer);
    }

    /// <summary>The address of a kernel symbol or of a Kconfig value that the object declares as extern.</summary>
    public Value AddressOfExtern(string symbol) => new(this, Operand.Symbol(RelocationKind.Extern, symbol), ScalarType.Pointer);

    /// <summary>The address of a function of the object, for helpers that call back.</summary>
    public Value AddressOfFunction(string name) => new(this, Operand.Symbol(RelocationKind.FunctionAddress, name), ScalarType.Pointer);

    /// <summary>A map as an argument of helpers.</summary>
    public Value Map(string name) => new(this, Operand.Symbol(RelocationKind.Map, name), ScalarType.Pointer);

    /// <summary>Reserves bytes on the stack, aligned to eight.</summary>
    /// <param name="size">Bytes, from 1 to 512.</param>
    /// <param name="zero">Whether they are set to zero here; helpers refuse to read what was never written.</param>
    /// <exception cref="BpfException">The 512 bytes are used up.</exception>
    public StackBuffer Stack(int size, bool zero = true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        _stack += (size + 7) & ~7;
        CheckStack(0);
        var buffer = new StackBuffer(this, -_stack, size);
        for (var i = 0; zero && i < size; i += 8) Store(ScalarType.U64, buffer.Address, i, 0, "", "", 0);
        return buffer;
    }

    internal FunctionSpec Build()
    {
        if (Built is not null) return Built;
        if (_scopes.Count > 0) throw new InvalidOperationException($"function '{Name}' ends inside of a block");
        _line = null;
        if (!_operations[^1].EndsFlow) Add(new Operation(OperationKind.Return) { A = Operand.Constant(0) });
        var operations = OperationCleaner.Clean(_operations);
        var allocation = RegisterAllocation.Run(operations, _registers);
        CheckStack(allocation.Slots);
        new CodeEmitter(_assembler, allocation, _stack).Emit(operations);
        return Built = _assembler.Build();
    }

    internal Value Compute(int operation, bool signed, Value left, Value right, ScalarType type)
    {
        var result = NewValue(type);
        Express(new Operation(OperationKind.Move) { Target = result.Operand.Register, A = left.Operand });
        Express(new Operation(OperationKind.Compute)
        {
            Target = result.Operand.Register,
            A = right.Operand.FitsImmediate && IsAllowed(operation, right.Operand.Number) ? right.Operand : InRegister(right).Operand,
            Code = (int)InstructionClass.Alu64 | operation,
            Offset = signed && operation is (OpCode.Divide or OpCode.Modulo) ? 1 : 0,
        });
        return result;
    }

    internal Value Convert(Value value, ScalarType type)
    {
        if (type.Bytes() == 8 || type == value.Type || (!value.Type.IsSigned() && value.Type.Bytes() < type.Bytes())) return new Value(this, value.Operand, type);
        var result = NewValue(type);
        var target = result.Operand.Register;
        Express(new Operation(OperationKind.Move) { Target = target, A = value.Operand });
        var bits = type.Bytes() * 8;
        if (type.IsSigned())
        {
            // A sign-extending move needs Linux 6.6, two shifts do not.
            Express(Immediate(target, OpCode.ShiftLeft, 64 - bits));
            Express(Immediate(target, OpCode.ShiftRightArithmetic, 64 - bits));
        }
        else if (bits == 32)
        {
            Express(new Operation(OperationKind.Compute) { Target = target, A = result.Operand, Code = (int)InstructionClass.Alu32 | OpCode.Move });
        }
        else
        {
            Express(Immediate(target, OpCode.And, (1 << bits) - 1));
        }
        return result;
    }

    internal Value SwapNetworkOrder(Value value)
    {
        if (value.Type.Bytes() == 1) return value;
        var result = NewValue(ScalarTypes.Unsigned(value.Type.Bytes()));
        Express(new Operation(OperationKind.Move) { Target = result.Operand.Register, A = value.Operand });
        Express(new Operation(OperationKind.Compute)
        {
            Target = result.Operand.Register,
            A = Operand.Constant(value.Type.Bytes() * 8),
            Code = (int)InstructionClass.Alu32 | OpCode.ByteSwap | OpCode.SourceRegister,
        });
        return result;
    }

    /// <summary>The value in a virtual register of its own.</summary>
    Value InRegister(Value value)
    {
        if (value.Operand.IsVirtual) return value;
        var result = NewValue(value.Type);
        Express(new Operation(OperationKind.Move) { Target = result.Operand.Register, A = value.Operand });
        return result;
    }

    StackBuffer Scratch(int slot) => _scratch[slot] ??= Stack(8, zero: false);

    Value NewValue(ScalarType type) => new(this, Operand.Virtual(_registers++), type);

    void Add(Operation operation)
    {
        operation.Line = _line;
        _operations.Add(operation);
    }

    // Operators cannot know their line: what they build belongs to the first statement after them.
    void Express(Operation operation) => _operations.Add(operation);

    void At(string file, int line, string text)
    {
        if (line == 0) return;
        _line = new SourceLine(Path.GetFileName(file), line, text);
        for (; _firstWithoutLine < _operations.Count; _firstWithoutLine++)
        {
            _operations[_firstWithoutLine].Line ??= _line;
        }
    }

    void CheckStack(int spills)
    {
        var needed = _stack + spills * 8;
        if (needed > MaxStack) throw new BpfException($"function '{Name}' needs {needed} bytes of stack ({spills} values do not fit into registers), the limit is {MaxStack}; keep large buffers in a per-CPU array");
    }

    static Operation Immediate(int target, int operation, int value) =>
        new(OperationKind.Compute) { Target = target, A = Operand.Constant(value), Code = (int)InstructionClass.Alu64 | operation };

    // The verifier refuses these constants (kernel/bpf/verifier.c: check_alu_op); in a register they have their defined result.
    static bool IsAllowed(int operation, long constant) => operation switch
    {
        OpCode.Divide or OpCode.Modulo => constant != 0,
        OpCode.ShiftLeft or OpCode.ShiftRight or OpCode.ShiftRightArithmetic => constant is >= 0 and < 64,
        _ => true,
    };

    sealed record Scope(Label End, Action? AtEnd = null, Label? Break = null, Label? Continue = null, bool IsIf = false);
}
