using Skep.Bpf.Instructions;

namespace Skep.Bpf.Building;

/// <summary>Turns operations into instructions once every virtual register has a place.</summary>
sealed class CodeEmitter(Assembler assembler, RegisterAllocation allocation, int stackSize)
{
    // Never assigned to values: the result of calls and a spilled target, and a spilled source.
    const Register First = Register.R0;
    const Register Second = Register.R1;

    readonly Assembler _a = assembler;

    public void Emit(List<Operation> operations)
    {
        foreach (var operation in operations)
        {
            if (operation.Line is { } line) _a.Line(line.File, line.Line, line.Text);
            Emit(operation);
        }
    }

    void Emit(Operation operation)
    {
        switch (operation.Kind)
        {
            case OperationKind.Parameters: EmitParameters(operation); break;
            case OperationKind.Bind: _a.Bind(operation.Label); break;
            case OperationKind.Goto: _a.Jump(operation.Label); break;
            case OperationKind.Branch: EmitBranch(operation); break;
            case OperationKind.Move: EmitMove(operation); break;
            case OperationKind.Compute: EmitCompute(operation); break;
            case OperationKind.Load: EmitLoad(operation); break;
            case OperationKind.Store: EmitStore(operation); break;
            case OperationKind.Atomic: EmitAtomic(operation); break;
            case OperationKind.Call: EmitCall(operation); break;
            case OperationKind.Return: Place(Register.R0, operation.A); _a.Exit(); break;
        }
    }

    void EmitParameters(Operation operation)
    {
        var moves = new List<(Register From, Register To)>();
        for (var i = 0; i < operation.Arguments.Length; i++)
        {
            if (!operation.Arguments[i].IsVirtual) continue;
            var location = allocation[operation.Arguments[i].Register];
            var register = (Register)(i + 1);
            if (location.IsSpilled) _a.Store(AccessSize.Double, Register.R10, SlotOffset(location), register);
            else moves.Add((register, location.Register));
        }
        MoveAll(moves);
    }

    void EmitBranch(Operation operation)
    {
        var left = Read(operation.A, First);
        var comparison = (Comparison)operation.Code;
        if (operation.B.Kind == OperandKind.Constant) _a.JumpIf(left, comparison, (int)operation.B.Number, operation.Label);
        else _a.JumpIf(left, comparison, Read(operation.B, Second), operation.Label);
    }

    void EmitMove(Operation operation)
    {
        var location = allocation[operation.Target];
        if (!location.IsSpilled)
        {
            Place(location.Register, operation.A);
        }
        else if (operation.A.FitsImmediate)
        {
            _a.Store(AccessSize.Double, Register.R10, SlotOffset(location), (int)operation.A.Number);
        }
        else
        {
            var source = operation.A.IsVirtual ? Read(operation.A, First) : First;
            if (!operation.A.IsVirtual) Place(First, operation.A);
            _a.Store(AccessSize.Double, Register.R10, SlotOffset(location), source);
        }
    }

    void EmitCompute(Operation operation)
    {
        var target = Read(Operand.Virtual(operation.Target), First);
        if (operation.A.IsVirtual) _a.Emit(new Instruction(operation.Code | OpCode.SourceRegister, target, Read(operation.A, Second), operation.Offset));
        else _a.Emit(new Instruction(operation.Code, target, default, operation.Offset, (int)operation.A.Number));
        WriteBack(operation.Target, target);
    }

    void EmitLoad(Operation operation)
    {
        var (address, offset) = Address(operation, Second);
        var target = allocation[operation.Target] is { IsSpilled: false } location ? location.Register : First;
        _a.Load(operation.Size, target, address, offset);
        WriteBack(operation.Target, target);
    }

    void EmitStore(Operation operation)
    {
        var (address, offset) = Address(operation, First);
        if (operation.B.Kind == OperandKind.Constant) _a.Store(operation.Size, address, offset, (int)operation.B.Number);
        else _a.Store(operation.Size, address, offset, Read(operation.B, Second));
    }

    void EmitAtomic(Operation operation)
    {
        var (address, offset) = Address(operation, First);
        var operand = Read(operation.B, Second);
        _a.Atomic(operation.Code, operation.Size, address, offset, operand);
        if (operation.Fetches) WriteBack(operation.B.Register, operand);
    }

    void EmitCall(Operation operation)
    {
        var moves = new List<(Register From, Register To)>();
        for (var i = 0; i < operation.Arguments.Length; i++)
        {
            if (operation.Arguments[i].IsVirtual && allocation[operation.Arguments[i].Register] is { IsSpilled: false } location) moves.Add((location.Register, (Register)(i + 1)));
        }
        MoveAll(moves);
        // What needs no register as its source comes last, when all sources have been read.
        for (var i = 0; i < operation.Arguments.Length; i++)
        {
            var argument = operation.Arguments[i];
            if (!argument.IsVirtual || allocation[argument.Register].IsSpilled) Place((Register)(i + 1), argument);
        }
        switch (operation.Call)
        {
            case CallKind.Helper: _a.Call((HelperFunction)operation.Code); break;
            case CallKind.Function: _a.Call(operation.Callee!); break;
            case CallKind.Kernel: _a.CallExtern(operation.Callee!); break;
            default:
                _a.Move(Register.R0, Register.R3).Atomic(AtomicOperation.CompareExchange, operation.Size, Register.R1, operation.Offset, Register.R2);
                break;
        }
        if (operation.Target >= 0) EmitResult(allocation[operation.Target]);
    }

    void EmitResult(Location location)
    {
        if (location.IsSpilled) _a.Store(AccessSize.Double, Register.R10, SlotOffset(location), Register.R0);
        else _a.Move(location.Register, Register.R0);
    }

    (Register Address, int Offset) Address(Operation operation, Register scratch) => operation.A.Kind == OperandKind.Stack
        ? (Register.R10, (int)operation.A.Number + operation.Offset)
        : (Read(operation.A, scratch), operation.Offset);

    Register Read(Operand operand, Register scratch)
    {
        var location = allocation[operand.Register];
        if (!location.IsSpilled) return location.Register;
        _a.Load(AccessSize.Double, scratch, Register.R10, SlotOffset(location));
        return scratch;
    }

    void WriteBack(int register, Register value)
    {
        var location = allocation[register];
        if (location.IsSpilled) _a.Store(AccessSize.Double, Register.R10, SlotOffset(location), value);
    }

    void Place(Register register, Operand operand)
    {
        switch (operand.Kind)
        {
            case OperandKind.Virtual:
                var source = Read(operand, register);
                if (source != register) _a.Move(register, source);
                break;
            case OperandKind.Constant:
                _a.Constant(register, operand.Number);
                break;
            case OperandKind.Stack:
                _a.Move(register, Register.R10).Add(register, (int)operand.Number);
                break;
            case OperandKind.Symbol:
                _ = operand.Relocation switch
                {
                    RelocationKind.Map => _a.LoadMap(register, operand.Name!),
                    RelocationKind.MapValue => _a.LoadMapValue(register, operand.Name!, (int)operand.Number),
                    RelocationKind.FunctionAddress => _a.LoadFunction(register, operand.Name!),
                    _ => _a.LoadExtern(register, operand.Name!),
                };
                break;
        }
    }

    /// <summary>Moves that happen at once: no source is overwritten before it is read. r0 breaks cycles; it is never a source.</summary>
    void MoveAll(List<(Register From, Register To)> moves)
    {
        moves.RemoveAll(m => m.From == m.To);
        while (moves.Count > 0)
        {
            var next = moves.FindIndex(m => !moves.Exists(other => other.From == m.To));
            if (next >= 0)
            {
                _a.Move(moves[next].To, moves[next].From);
                moves.RemoveAt(next);
                continue;
            }
            var blocked = moves[0].From;
            _a.Move(First, blocked);
            for (var i = 0; i < moves.Count; i++)
            {
                if (moves[i].From == blocked) moves[i] = (First, moves[i].To);
            }
        }
    }

    int SlotOffset(Location location) => -(stackSize + (location.Slot + 1) * 8);
}
