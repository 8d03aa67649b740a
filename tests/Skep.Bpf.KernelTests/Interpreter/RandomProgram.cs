using Skep.Bpf.Instructions;

namespace Skep.Bpf.KernelTests;

/// <summary>
/// A random syscall program that the verifier accepts: registers are written before they are read, memory accesses are in bounds, loops
/// count down. It reads its inputs from the context and leaves all registers and its stack there.
/// </summary>
sealed class RandomProgram
{
    public const int InputSize = 64;
    public const int ContextSize = InputSize + 9 * 8 + StackSize + 8;
    const int StackSize = 64;
    const Register Context = Register.R9;
    const Register Counter = Register.R8;

    readonly Random _random;
    readonly bool _modern;
    readonly Assembler _a = new("random");
    readonly List<Label> _subprograms = [];
    int _branches;
    bool _inLoop;
    bool _inSubprogram;

    RandomProgram(int seed, bool modern) => (_random, _modern) = (new Random(seed), modern);

    /// <summary>Generates a program; <paramref name="modern"/> allows what Linux 6.6 added (signed division, sign extension, bswap, gotol).</summary>
    public static Instruction[] Generate(int seed, bool modern) => new RandomProgram(seed, modern).Generate();

    Instruction[] Generate()
    {
        _a.Move(Context, Register.R1);
        for (var i = 0; i < StackSize; i += 8)
        {
            _a.Load(AccessSize.Double, Register.R0, Context, i);
            _a.Store(AccessSize.Double, Register.R10, i - StackSize, Register.R0);
        }
        for (var r = Register.R0; r < Context; r++) Reload(r);

        Statements(_random.Next(8, 40));

        for (var r = Register.R0; r < Context; r++) _a.Store(AccessSize.Double, Context, InputSize + (int)r * 8, r);
        for (var i = 0; i < StackSize; i += 8)
        {
            _a.Load(AccessSize.Double, Register.R1, Register.R10, i - StackSize);
            _a.Store(AccessSize.Double, Context, InputSize + 72 + i, Register.R1);
        }
        _a.Exit();
        _inSubprogram = true;
        foreach (var subprogram in _subprograms) Subprogram(subprogram);
        return _a.Build().Instructions;
    }

    void Subprogram(Label entry)
    {
        _a.Bind(entry);
        for (var r = Register.R0; r < Context; r++)
        {
            if (r is not (Register.R1 or Register.R2)) _a.Move(r, _random.Next());
        }
        for (var i = 0; i < StackSize; i += 8) _a.Store(AccessSize.Double, Register.R10, i - StackSize, Register.R1);
        Statements(_random.Next(3, 10));
        _a.Exit();
    }

    void Statements(int count)
    {
        for (; count > 0; count--)
        {
            switch (_random.Next(20))
            {
                case < 10: Alu(); break;
                case < 14: Memory(); break;
                case < 16: Atomic(); break;
                case < 18 when _branches < 6: Branch(); break;
                case 18 when !_inLoop && !_inSubprogram: Loop(); break;
                case 19 when !_inSubprogram: Call(); break;
                default: Alu(); break;
            }
        }
    }

    void Alu()
    {
        var (destination, source) = (Any(), Any());
        var wide = _random.Next(2) == 0;
        var code = (int)(wide ? InstructionClass.Alu64 : InstructionClass.Alu32);
        var operation = _random.Next(14) << 4;
        var fromRegister = _random.Next(2) == 0;
        var immediate = Immediate();
        var offset = 0;
        switch (operation)
        {
            case OpCode.Negate:
                _a.Emit(new Instruction(code | operation, destination, default));
                return;
            case OpCode.ByteSwap:
                var bits = 16 << _random.Next(3);
                if (!wide) _a.Emit(new Instruction(code | operation | (fromRegister ? OpCode.SourceRegister : 0), destination, default, 0, bits));
                else if (_modern) _a.ByteSwap(destination, bits);
                return;
            case OpCode.Divide or OpCode.Modulo:
                if (immediate == 0) immediate = 3;
                offset = _modern ? _random.Next(2) : 0;
                break;
            case OpCode.ShiftLeft or OpCode.ShiftRight or OpCode.ShiftRightArithmetic:
                immediate = _random.Next(wide ? 64 : 32);
                break;
            case OpCode.Move when fromRegister && _modern:
                offset = _random.Next(4) switch { 1 => 8, 2 => 16, 3 when wide => 32, _ => 0 };
                break;
        }
        if (fromRegister) _a.Emit(new Instruction(code | operation | OpCode.SourceRegister, destination, source, offset));
        else if (operation == OpCode.Move && _random.Next(2) == 0) _a.LoadImmediate64(destination, (ulong)_random.NextInt64(long.MinValue, long.MaxValue));
        else _a.Emit(new Instruction(code | operation, destination, default, offset, immediate));
    }

    void Memory()
    {
        var size = Size(1);
        var (address, offset) = Place(size);
        switch (_random.Next(3))
        {
            case 0 when _modern && _random.Next(2) == 0 && size != AccessSize.Double && address == Register.R10: _a.LoadSigned(size, Any(), address, offset); break;
            case 0: _a.Load(size, Any(), address, offset); break;
            case 1: _a.Store(size, address, offset, Any()); break;
            // The kernel's rewriting of context stores takes registers only before Linux 6.3.
            default: _a.Store(size, Register.R10, offset - (address == Context ? StackSize : 0), Immediate()); break;
        }
    }

    void Atomic()
    {
        int[] operations =
        [
            AtomicOperation.Add, AtomicOperation.Or, AtomicOperation.And, AtomicOperation.Xor,
            AtomicOperation.Exchange, AtomicOperation.CompareExchange,
            AtomicOperation.Add | AtomicOperation.Fetch, AtomicOperation.Or | AtomicOperation.Fetch, AtomicOperation.And | AtomicOperation.Fetch, AtomicOperation.Xor | AtomicOperation.Fetch,
        ];
        var size = Size(4);
        // Results that a subprogram fetches cannot be laundered, see below.
        var operation = operations[_random.Next(_inSubprogram ? 4 : operations.Length)];
        var operand = Any();
        _a.Atomic(operation, size, Register.R10, _random.Next(StackSize / (int)size) * (int)size - StackSize, operand);
        if ((operation & AtomicOperation.Fetch) != 0) Launder(operation == AtomicOperation.CompareExchange ? Register.R0 : operand);
    }

    // Linux 6.18 loses track of what a fetched value depends on, and then wrongly drops code behind a later branch on it (kernel/bpf/verifier.c:
    // backtrack_insn). A trip through the context makes the value unknown to the verifier.
    void Launder(Register register) =>
        _a.Store(AccessSize.Double, Context, ContextSize - 8, register).Load(AccessSize.Double, register, Context, ContextSize - 8);

    void Branch()
    {
        _branches++;
        var skip = _a.NewLabel();
        var comparisons = Enum.GetValues<Comparison>();
        var comparison = comparisons[_random.Next(comparisons.Length)];
        switch (_random.Next(4))
        {
            case 0: _a.JumpIf(Any(), comparison, Any(), skip); break;
            case 1: _a.JumpIf(Any(), comparison, Immediate(), skip); break;
            case 2: _a.JumpIf32(Any(), comparison, Any(), skip); break;
            default: _a.JumpIf32(Any(), comparison, Immediate(), skip); break;
        }
        Statements(_random.Next(1, 6));
        if (_random.Next(2) == 0)
        {
            var end = _a.NewLabel();
            _a.Jump(end).Bind(skip);
            Statements(_random.Next(1, 4));
            _a.Bind(end);
        }
        else
        {
            _a.Bind(skip);
        }
    }

    void Loop()
    {
        _inLoop = true;
        // Branches inside would multiply the verifier's paths with every pass.
        var branches = _branches;
        _branches = 100;
        _a.Move(Counter, _random.Next(1, 6)).Bind(out var again);
        Statements(_random.Next(1, 5));
        _a.Subtract(Counter, 1).JumpIf(Counter, Comparison.NotEqual, 0, again);
        _inLoop = false;
        _branches = branches;
    }

    void Call()
    {
        _a.Move(Register.R1, Any()).Move32(Register.R2, Any()).Call(PickSubprogram());
        for (var r = Register.R1; r <= Register.R5; r++) Reload(r);
    }

    // The verifier refuses code that nothing reaches, so a subprogram exists once it is called.
    Label PickSubprogram()
    {
        if (_subprograms.Count < 2 && _random.Next(2) == 0 || _subprograms.Count == 0) _subprograms.Add(_a.NewLabel());
        return _subprograms[^1];
    }

    void Reload(Register register) => _a.Load(AccessSize.Double, register, Context, _random.Next(InputSize / 8) * 8);

    // The counter of a loop is left alone; the context pointer is never touched.
    Register Any() => (Register)_random.Next(_inLoop ? (int)Counter : (int)Context);

    AccessSize Size(int minimum) => (AccessSize)(minimum << _random.Next(minimum == 1 ? 4 : 2));

    (Register Address, int Offset) Place(AccessSize size)
    {
        var offset = _random.Next(StackSize / (int)size) * (int)size;
        return _inSubprogram || _random.Next(2) == 0 ? (Register.R10, offset - StackSize) : (Context, offset);
    }

    int Immediate() => _random.Next(6) switch
    {
        0 => _random.Next(-2, 3),
        1 => int.MinValue,
        2 => int.MaxValue,
        3 => _random.Next(256),
        4 => 1 << _random.Next(32),
        _ => _random.Next(int.MinValue, int.MaxValue),
    };
}
