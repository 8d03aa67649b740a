namespace Skep.Bpf.Instructions;

/// <summary>Assembles lines of text; jumps to labels are patched at the end.</summary>
sealed class AssemblyTextReader
{
    readonly List<Instruction> _code = [];
    readonly Dictionary<string, int> _labels = [];
    readonly List<(int Slot, string Label, int Line)> _references = [];
    int _line;

    public Instruction[] Read(string text)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            _line++;
            var scanner = new TextScanner(line, _line);
            while (scanner.TryLabel(out var label))
            {
                if (!char.IsAsciiDigit(label[0]) && !_labels.TryAdd(label.ToString(), _code.Count)) throw scanner.Error($"label '{label}' is defined twice");
            }
            if (scanner.AtEnd) continue;
            ReadInstruction(ref scanner);
            if (!scanner.AtEnd) throw scanner.Error("unexpected text");
        }
        Patch();
        return [.. _code];
    }

    void ReadInstruction(ref TextScanner s)
    {
        if (s.TryRegister(out var register, out var wide)) ReadAssignment(ref s, register, wide);
        else if (s.Try("*(")) ReadStore(ref s);
        else if (s.TryWord("if")) ReadConditionalJump(ref s);
        else if (s.TryWord("goto")) ReadJump(ref s, (byte)InstructionClass.Jump | OpCode.JumpAlways);
        else if (s.TryWord("may_goto")) ReadJump(ref s, (byte)InstructionClass.Jump | OpCode.JumpConditional);
        else if (s.TryWord("gotol")) ReadJump(ref s, (byte)InstructionClass.Jump32 | OpCode.JumpAlways);
        else if (s.TryWord("gotox")) Emit((byte)InstructionClass.Jump | OpCode.JumpAlways | OpCode.SourceRegister, s.Register(wide: true), 0);
        else if (s.TryWord("callx")) Emit(OpCode.CallInstruction | OpCode.SourceRegister, s.Register(wide: true), 0);
        else if (s.TryWord("call")) ReadCall(ref s);
        else if (s.TryWord("exit")) Emit(OpCode.ExitInstruction, 0, 0);
        else if (s.TryWord("lock")) ReadLock(ref s);
        else if (s.Try("store_release(")) ReadStoreRelease(ref s);
        else if (s.Try(".insn")) ReadRaw(ref s);
        else throw s.Error("unknown instruction");
    }

    void ReadAssignment(ref TextScanner s, int destination, bool wide)
    {
        var alu = (byte)(wide ? InstructionClass.Alu64 : InstructionClass.Alu32);
        if (s.Try("s/=")) ReadOperand(ref s, alu | OpCode.Divide, destination, wide, offset: 1);
        else if (s.Try("s%=")) ReadOperand(ref s, alu | OpCode.Modulo, destination, wide, offset: 1);
        else if (s.Try("=")) ReadValue(ref s, alu, destination, wide);
        else if (s.TryOperator(InstructionText.ArithmeticOperators, out var operation)) ReadOperand(ref s, alu | operation, destination, wide);
        else throw s.Error("expected an operator");
    }

    void ReadOperand(ref TextScanner s, int code, int destination, bool wide, int offset = 0)
    {
        if (s.TryRegister(out var source, out var sourceWide))
        {
            if (wide != sourceWide) throw s.Error("a 32-bit and a 64-bit register in one operation");
            Emit(code | OpCode.SourceRegister, destination, source, offset);
        }
        else
        {
            Emit(code, destination, 0, offset, s.Immediate());
        }
    }

    void ReadValue(ref TextScanner s, byte alu, int destination, bool wide)
    {
        if (s.TryRegister(out var source, out var sourceWide))
        {
            if (wide != sourceWide) throw s.Error("a 32-bit and a 64-bit register in one operation");
            Emit(alu | OpCode.Move | OpCode.SourceRegister, destination, source);
        }
        else if (s.TryNegatedRegister(out source, out sourceWide))
        {
            if (source != destination || wide != sourceWide) throw s.Error("negation works in place: both registers must be the same");
            Emit(alu | OpCode.Negate, destination, 0);
        }
        else if (s.TryNumber(out var number, out var negative))
        {
            if (s.TryWord("ll")) EmitWide(ref s, destination, wide, 0, (int)(uint)number, (int)(uint)(number >> 32));
            else Emit(alu | OpCode.Move, destination, 0, 0, s.ToImmediate(number, negative));
        }
        else if (s.Try("(s"))
        {
            var bits = s.Unsigned(64);
            if (bits is not (8 or 16 or 32) || (bits == 32 && !wide)) throw s.Error("no sign extension of that width");
            s.Expect(")");
            Emit(alu | OpCode.Move | OpCode.SourceRegister, destination, s.Register(wide), bits);
        }
        else if (s.Try("*("))
        {
            ReadLoad(ref s, destination, wide);
        }
        else if (s.Try("&(void __percpu *)("))
        {
            Emit(alu | OpCode.Move | OpCode.SourceRegister, destination, s.RegisterThen(wide: true, ")"), -1);
        }
        else
        {
            ReadFunctionLike(ref s, destination, wide);
        }
    }

    void ReadFunctionLike(ref TextScanner s, int destination, bool wide)
    {
        if (s.TryWord("be", out var bits)) Emit((byte)InstructionClass.Alu32 | OpCode.ByteSwap | OpCode.SourceRegister, SameRegister(ref s, destination), 0, 0, bits);
        else if (s.TryWord("le", out bits)) Emit((byte)InstructionClass.Alu32 | OpCode.ByteSwap, SameRegister(ref s, destination), 0, 0, bits);
        else if (s.TryWord("bswap", out bits)) Emit((byte)InstructionClass.Alu64 | OpCode.ByteSwap, SameRegister(ref s, destination), 0, 0, bits);
        else if (s.Try("atomic_fetch_")) ReadFetch(ref s, destination, wide);
        else if (s.Try(wide ? "xchg_64(" : "xchg32_32(")) ReadExchange(ref s, destination, wide);
        else if (s.Try(wide ? "cmpxchg_64(" : "cmpxchg32_32(")) ReadCompareExchange(ref s, destination, wide);
        else if (s.Try("load_acquire((")) ReadLoadAcquire(ref s, destination, wide);
        else if (s.Try("addr_space_cast(")) ReadAddressSpaceCast(ref s, destination, wide);
        else if (s.Try("func(")) ReadFunctionAddress(ref s, destination, wide);
        else ReadPseudo(ref s, destination, wide);
    }

    static int SameRegister(ref TextScanner s, int destination) =>
        s.Register(wide: true) == destination ? destination : throw s.Error("a byte swap works in place: both registers must be the same");

    void ReadLoad(ref TextScanner s, int destination, bool wide)
    {
        if (!wide) throw s.Error("a load writes the whole register: use r");
        var signed = s.Try("s");
        if (!signed) s.Expect("u");
        var size = s.SizeThen("*)");
        if (s.Try("skb["))
        {
            ReadPacketLoad(ref s, destination, signed, size);
            return;
        }
        s.Expect("(");
        var mode = signed ? OpCode.ModeMemorySigned : OpCode.ModeMemory;
        if (signed && size == OpCode.Double) throw s.Error("there is no signed load of 64 bits");
        var (source, offset) = s.Address();
        s.Expect(")");
        Emit((byte)InstructionClass.LoadMemory | mode | size, destination, source, offset);
    }

    void ReadPacketLoad(ref TextScanner s, int destination, bool signed, byte size)
    {
        if (destination != 0 || signed || size == OpCode.Double) throw s.Error("a packet load reads u8, u16 or u32 into r0");
        if (s.TryRegister(out var index, out _))
        {
            var offset = s.Try("+") ? s.Immediate() : 0;
            Emit(OpCode.ModeIndirect | size, 0, index, 0, offset);
        }
        else
        {
            Emit(OpCode.ModeAbsolute | size, 0, 0, 0, s.Immediate());
        }
        s.Expect("]");
    }

    void ReadStore(ref TextScanner s)
    {
        s.Expect("u");
        var size = s.SizeThen("*)(");
        var (address, offset) = s.Address();
        s.Expect(") =");
        if (s.TryRegister(out var source, out _)) Emit((byte)InstructionClass.StoreRegister | OpCode.ModeMemory | size, address, source, offset);
        else Emit((byte)InstructionClass.StoreImmediate | OpCode.ModeMemory | size, address, 0, offset, s.Immediate());
    }

    void ReadLock(ref TextScanner s)
    {
        s.Expect("*(u");
        var size = AtomicSize(ref s, s.SizeThen("*)("));
        var (address, offset) = s.Address();
        s.Expect(")");
        if (!s.TryOperator(InstructionText.ArithmeticOperators, out var operation) || AtomicOperation.FetchName(operation | AtomicOperation.Fetch) is null)
        {
            throw s.Error("expected +=, |=, &= or ^=");
        }
        Emit((byte)InstructionClass.StoreRegister | OpCode.ModeAtomic | size, address, s.Register(size == OpCode.Double), offset, operation);
    }

    void ReadFetch(ref TextScanner s, int destination, bool wide)
    {
        var operation = s.TryWord("add") ? AtomicOperation.Add
            : s.TryWord("or") ? AtomicOperation.Or
            : s.TryWord("and") ? AtomicOperation.And
            : s.TryWord("xor") ? AtomicOperation.Xor
            : throw s.Error("expected add, or, and or xor");
        s.Expect("((u");
        var size = AtomicSize(ref s, s.SizeThen("*)("));
        if (wide != (size == OpCode.Double)) throw s.Error("the register's width differs from the access");
        var (address, offset) = s.Address();
        s.Expect("),");
        EmitAtomic(ref s, size, address, offset, s.RegisterThen(wide, ")"), destination, operation | AtomicOperation.Fetch);
    }

    void ReadExchange(ref TextScanner s, int destination, bool wide)
    {
        var (address, offset) = s.Address();
        s.Expect(",");
        EmitAtomic(ref s, wide ? OpCode.Double : OpCode.Word, address, offset, s.RegisterThen(wide, ")"), destination, AtomicOperation.Exchange);
    }

    void ReadCompareExchange(ref TextScanner s, int destination, bool wide)
    {
        var (address, offset) = s.Address();
        s.Expect(",");
        if (s.RegisterThen(wide, ",") != 0 || destination != 0) throw s.Error("compare and exchange works on r0");
        var source = s.RegisterThen(wide, ")");
        EmitAtomic(ref s, wide ? OpCode.Double : OpCode.Word, address, offset, source, source, AtomicOperation.CompareExchange);
    }

    void ReadLoadAcquire(ref TextScanner s, int destination, bool wide)
    {
        s.Expect("u");
        var size = s.SizeThen("*)(");
        if (wide != (size == OpCode.Double)) throw s.Error("the register's width differs from the access");
        var (address, offset) = s.Address();
        s.Expect("))");
        Emit((byte)InstructionClass.StoreRegister | OpCode.ModeAtomic | size, destination, address, offset, AtomicOperation.LoadAcquire);
    }

    void ReadStoreRelease(ref TextScanner s)
    {
        s.Expect("(u");
        var size = s.SizeThen("*)(");
        var (address, offset) = s.Address();
        s.Expect("),");
        var source = s.RegisterThen(size == OpCode.Double, ")");
        Emit((byte)InstructionClass.StoreRegister | OpCode.ModeAtomic | size, address, source, offset, AtomicOperation.StoreRelease);
    }

    void ReadAddressSpaceCast(ref TextScanner s, int destination, bool wide)
    {
        if (!wide) throw s.Error("an address takes a 64-bit register");
        var source = s.RegisterThen(wide: true, ",");
        var to = s.Unsigned(ushort.MaxValue);
        s.Expect(",");
        var from = s.Unsigned(ushort.MaxValue);
        s.Expect(")");
        Emit((byte)InstructionClass.Alu64 | OpCode.Move | OpCode.SourceRegister, destination, source, 1, (to << 16) | from);
    }

    void ReadFunctionAddress(ref TextScanner s, int destination, bool wide)
    {
        if (!s.TryNumber(out var number, out var negative))
        {
            _references.Add((_code.Count, s.Identifier(), _line));
            number = 0;
        }
        var offset = s.ToImmediate(number, negative);
        s.Expect(")");
        s.Expect("ll");
        EmitWide(ref s, destination, wide, OpCode.PseudoFunction, offset, 0);
    }

    void ReadPseudo(ref TextScanner s, int destination, bool wide)
    {
        var name = s.Identifier();
        var kind = Array.IndexOf(InstructionText.WideOperands, name);
        if (kind < 0) throw s.Error($"unknown operand '{name}'");
        s.Expect("(");
        var first = s.Immediate();
        var second = 0;
        if (kind is OpCode.PseudoMapValue or OpCode.PseudoMapIndexValue or OpCode.PseudoBtfId)
        {
            s.Expect(",");
            second = s.Immediate();
        }
        s.Expect(")");
        s.Expect("ll");
        EmitWide(ref s, destination, wide, kind, first, second);
    }

    void ReadConditionalJump(ref TextScanner s)
    {
        if (!s.TryRegister(out var left, out var wide)) throw s.Error("expected a register");
        if (!s.TryOperator(InstructionText.JumpOperators, out var operation)) throw s.Error("expected a comparison");
        var code = (byte)(wide ? InstructionClass.Jump : InstructionClass.Jump32) | operation;
        var immediate = 0;
        if (s.TryRegister(out var right, out var rightWide))
        {
            if (wide != rightWide) throw s.Error("a 32-bit and a 64-bit register in one comparison");
            code |= OpCode.SourceRegister;
        }
        else
        {
            immediate = s.Immediate();
        }
        if (!s.TryWord("goto")) throw s.Error("expected goto");
        Emit(code, left, right, JumpTarget(ref s, short.MinValue, short.MaxValue), immediate);
    }

    void ReadJump(ref TextScanner s, int code)
    {
        if ((code & OpCode.ClassMask) == (byte)InstructionClass.Jump32) Emit(code, 0, 0, 0, JumpTarget(ref s, int.MinValue, int.MaxValue));
        else Emit(code, 0, 0, JumpTarget(ref s, short.MinValue, short.MaxValue));
    }

    int JumpTarget(ref TextScanner s, long minimum, long maximum)
    {
        if (s.TryNumber(out var number, out var negative)) return (int)s.ToSigned(number, negative, minimum, maximum);
        _references.Add((_code.Count, s.Identifier(), _line));
        return 0;
    }

    void ReadCall(ref TextScanner s)
    {
        if (s.Try("kfunc#"))
        {
            var id = s.Immediate();
            Emit(OpCode.CallInstruction, 0, OpCode.PseudoKfuncCall, s.Try("@") ? s.Offset() : 0, id);
        }
        else if (s.Try("#") || s.TryNumberAhead())
        {
            Emit(OpCode.CallInstruction, 0, 0, 0, s.Immediate());
        }
        else
        {
            var name = s.Identifier();
            if (name == "pc" && s.TryNumber(out var number, out var negative))
            {
                Emit(OpCode.CallInstruction, 0, OpCode.PseudoCall, 0, s.ToImmediate(number, negative));
            }
            else if (s.Try("#"))
            {
                Emit(OpCode.CallInstruction, 0, 0, 0, s.Immediate());
            }
            else if (HelperFunctionNames.TryParse(name, out var helper))
            {
                Emit(OpCode.CallInstruction, 0, 0, 0, (int)helper);
            }
            else
            {
                _references.Add((_code.Count, name, _line));
                Emit(OpCode.CallInstruction, 0, OpCode.PseudoCall);
            }
        }
    }

    void ReadRaw(ref TextScanner s)
    {
        var code = s.Unsigned(byte.MaxValue);
        s.Expect(",");
        var registers = s.Unsigned(byte.MaxValue);
        s.Expect(",");
        var offset = s.Offset();
        s.Expect(",");
        _code.Add(new Instruction((byte)code, (byte)registers, (short)offset, s.Immediate()));
    }

    static byte AtomicSize(ref TextScanner s, byte size) =>
        size is OpCode.Word or OpCode.Double ? size : throw s.Error("this atomic operation exists for u32 and u64 only");

    void EmitAtomic(ref TextScanner s, byte size, int address, int offset, int source, int destination, int operation)
    {
        if (source != destination) throw s.Error("the old value arrives in the operand's own register");
        Emit((byte)InstructionClass.StoreRegister | OpCode.ModeAtomic | size, address, source, offset, operation);
    }

    void EmitWide(ref TextScanner s, int destination, bool wide, int kind, int first, int second)
    {
        if (!wide) throw s.Error("a 64-bit immediate takes a 64-bit register");
        Emit(OpCode.LoadImmediate64, destination, kind, 0, first);
        Emit(0, 0, 0, 0, second);
    }

    void Emit(int code, int destination, int source, int offset = 0, int immediate = 0) =>
        _code.Add(new Instruction((byte)code, (byte)(destination | (source << 4)), (short)offset, immediate));

    void Patch()
    {
        foreach (var (slot, label, line) in _references)
        {
            if (!_labels.TryGetValue(label, out var target)) throw new BpfFormatException($"assembly line {line}: label '{label}' is not defined");
            var instruction = _code[slot];
            var distance = target - slot - 1;
            if (instruction.IsWide || instruction.IsSubprogramCall || instruction.Class == InstructionClass.Jump32 && (instruction.Code & OpCode.OperationMask) == OpCode.JumpAlways)
            {
                _code[slot] = instruction with { Immediate = distance };
            }
            else if (distance is >= short.MinValue and <= short.MaxValue)
            {
                _code[slot] = instruction with { Offset = (short)distance };
            }
            else
            {
                throw new BpfFormatException($"assembly line {line}: label '{label}' is {distance} slots away, a jump reaches 32767 (use gotol)");
            }
        }
    }
}
