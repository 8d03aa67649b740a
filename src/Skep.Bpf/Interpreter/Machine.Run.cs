using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Skep.Bpf.Instructions;

namespace Skep.Bpf.Interpreter;

public sealed partial class Machine
{
    const int StackSize = 512;
    const int RegisterCount = 11;
    const byte StackPoison = 0xaa;

    readonly ulong[] _registers = new ulong[RegisterCount];
    readonly List<Frame> _frames = [];
    MachineProgram _program = null!;
    int _depth;
    int _slot = -1;
    int _tailCalls;
    long _mayGotoPasses;
    long _budget;

    /// <summary>Runs a program with the address of a context in r1 and returns r0.</summary>
    /// <exception cref="MachineFaultException">The program did what the verifier would not allow, or needs what the machine does not provide.</exception>
    public ulong Run(MachineProgram program, ulong context = 0)
    {
        ArgumentNullException.ThrowIfNull(program);
        if (_depth != 0) throw new InvalidOperationException("the machine is running already: a helper body calls back with HelperCall.Invoke");
        _budget = Options.InstructionBudget;
        _tailCalls = 0;
        _mayGotoPasses = 0;
        try
        {
            _program = program;
            var result = Execute(program.Start, [context]);
            foreach (var map in Maps.Values)
            {
                if (map is VirtualRingBuffer { Reserved: > 0 }) throw Fault(FaultKind.LeakedReservation, $"a record of ring buffer '{map.Name}' is neither submitted nor discarded");
            }
            return result;
        }
        finally
        {
            ExecutedInstructions = Options.InstructionBudget - _budget;
            _depth = 0;
            _slot = -1;
            foreach (var region in _released) Memory.Unmap(region);
            _released.Clear();
        }
    }

    /// <summary>Runs a program on a context.</summary>
    public ulong Run(MachineProgram program, MemoryRegion context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Run(program, context.Address);
    }

    internal ulong Invoke(ulong function, ReadOnlySpan<ulong> arguments)
    {
        var slot = _slot;
        var result = Execute(FunctionAt(function), arguments);
        _slot = slot;
        return result;
    }

    int FunctionAt(ulong address)
    {
        var slot = (long)(address - _codeRegion.Address) / Instruction.Size;
        return address >= _codeRegion.Address && address % Instruction.Size == 0 && slot <= int.MaxValue && _program.Contains((int)slot)
            ? (int)slot
            : throw Fault(FaultKind.InvalidArgument, $"0x{address:x} is no function of this program");
    }

    /// <summary>Runs from a slot until the frame that this opens returns.</summary>
    ulong Execute(int start, ReadOnlySpan<ulong> arguments)
    {
        var outer = _depth;
        Enter(start, returnTo: -1);
        for (var i = 0; i < 5; i++) _registers[i + 1] = i < arguments.Length ? arguments[i] : Poison(i);
        var next = start;
        Span<ulong> before = stackalloc ulong[RegisterCount];
        while (true)
        {
            if (!_program.Contains(next)) throw Fault(FaultKind.InvalidJump, $"execution continues at slot {next - _program.Start}, outside of the code");
            _slot = next;
            if (--_budget < 0) throw Fault(FaultKind.BudgetExceeded, $"more than {Options.InstructionBudget} instructions");
            if (Options.Trace is not null) _registers.CopyTo(before);
            var executed = next;
            next = Step(next);
            if (Options.Trace is not null) WriteTrace(before, executed);
            if (_depth == outer) return _registers[0];
        }
    }

    void Enter(int slot, int returnTo)
    {
        if (_depth >= Options.MaxCallDepth) throw Fault(FaultKind.CallTooDeep, $"more than {Options.MaxCallDepth} nested calls");
        if (!_program.Contains(slot)) throw Fault(FaultKind.InvalidJump, $"call of slot {slot - _program.Start}, outside of the code");
        if (_frames.Count == _depth) _frames.Add(new Frame { Stack = Memory.Map($"stack of frame {_depth}", new byte[StackSize]) });
        var frame = _frames[_depth++];
        frame.Stack.Bytes.Fill(StackPoison);
        frame.ReturnTo = returnTo;
        frame.Program = _program;
        _registers.AsSpan(6).CopyTo(frame.Saved);
        _registers[10] = frame.Stack.Address + StackSize;
    }

    int Leave()
    {
        var frame = _frames[--_depth];
        ((ReadOnlySpan<ulong>)frame.Saved).CopyTo(_registers.AsSpan(6));
        // A tail call may have replaced the program of this frame only; its caller goes on in its own.
        _program = frame.Program;
        for (var i = 1; i < 6; i++) _registers[i] = Poison(i);
        return frame.ReturnTo;
    }

    int Step(int slot)
    {
        var i = _code[slot];
        return i.Class switch
        {
            InstructionClass.Alu64 or InstructionClass.Alu32 => Calculate(i, slot),
            InstructionClass.LoadMemory => LoadFromMemory(i, slot),
            InstructionClass.StoreImmediate => StoreImmediate(i, slot),
            InstructionClass.StoreRegister => StoreRegister(i, slot),
            InstructionClass.Load => LoadSpecial(i, slot),
            _ => Branch(i, slot),
        };
    }

    int Calculate(Instruction i, int slot)
    {
        var operation = i.Code & OpCode.OperationMask;
        var wide = i.Class == InstructionClass.Alu64;
        ref var destination = ref Writable(i);
        if (operation == OpCode.ByteSwap)
        {
            if (i.Immediate is not (16 or 32 or 64) || i.Offset != 0) throw Invalid();
            var swap = wide || (i.Code & OpCode.SourceRegister) != 0 == BitConverter.IsLittleEndian;
            destination = swap ? Arithmetic.ReverseBytes(destination, i.Immediate) : Arithmetic.Truncate(destination, i.Immediate);
            return slot + 1;
        }
        var right = (i.Code & OpCode.SourceRegister) != 0 ? Readable(i.Registers >> 4) : (ulong)i.Immediate;
        var signed = false;
        if (i.Offset != 0)
        {
            switch (operation)
            {
                case OpCode.Divide or OpCode.Modulo when i.Offset == 1:
                    signed = true;
                    break;
                case OpCode.Move when i.Offset is 8 or 16 || (i.Offset == 32 && wide):
                    right = Arithmetic.SignExtend(right, i.Offset);
                    break;
                case OpCode.Move when wide && i.Offset == 1:
                    break;
                default:
                    throw Invalid();
            }
        }
        destination = wide
            ? Arithmetic.Compute64(operation, signed, destination, right) ?? throw Invalid()
            : Arithmetic.Compute32(operation, signed, (uint)destination, (uint)right) ?? throw Invalid();
        return slot + 1;
    }

    int LoadFromMemory(Instruction i, int slot)
    {
        var address = Readable(i.Registers >> 4) + (ulong)i.Offset;
        ref var destination = ref Writable(i);
        var size = SizeOf(i.Code);
        switch (i.Code & OpCode.ModeMask)
        {
            case OpCode.ModeMemory:
                destination = Load(address, size);
                return slot + 1;
            case OpCode.ModeMemorySigned when size < 8:
                destination = Arithmetic.SignExtend(Load(address, size), size * 8);
                return slot + 1;
            default:
                throw Invalid();
        }
    }

    int StoreImmediate(Instruction i, int slot)
    {
        if ((i.Code & OpCode.ModeMask) != OpCode.ModeMemory) throw Invalid();
        Store(Readable(i.Registers & 0x0f) + (ulong)i.Offset, SizeOf(i.Code), (ulong)i.Immediate);
        return slot + 1;
    }

    int StoreRegister(Instruction i, int slot)
    {
        switch (i.Code & OpCode.ModeMask)
        {
            case OpCode.ModeMemory:
                Store(Readable(i.Registers & 0x0f) + (ulong)i.Offset, SizeOf(i.Code), Readable(i.Registers >> 4));
                return slot + 1;
            case OpCode.ModeAtomic:
                ExecuteAtomic(i);
                return slot + 1;
            default:
                throw Invalid();
        }
    }

    void ExecuteAtomic(Instruction i)
    {
        var size = SizeOf(i.Code);
        if (i.Immediate == AtomicOperation.LoadAcquire)
        {
            Writable(i) = Load(Readable(i.Registers >> 4) + (ulong)i.Offset, size);
            return;
        }
        var address = Readable(i.Registers & 0x0f) + (ulong)i.Offset;
        var operand = Readable(i.Registers >> 4);
        if (i.Immediate == AtomicOperation.StoreRelease)
        {
            Store(address, size, operand);
            return;
        }
        if (size < 4) throw Invalid();
        var bits = size * 8;
        var old = Load(address, size);
        if (i.Immediate == AtomicOperation.CompareExchange)
        {
            Store(address, size, old == Arithmetic.Truncate(_registers[0], bits) ? operand : old);
            _registers[0] = old;
            return;
        }
        var value = (i.Immediate & ~AtomicOperation.Fetch) switch
        {
            AtomicOperation.Add => old + operand,
            AtomicOperation.Or => old | operand,
            AtomicOperation.And => old & operand,
            AtomicOperation.Xor => old ^ operand,
            _ when i.Immediate == AtomicOperation.Exchange => operand,
            _ => throw Invalid(),
        };
        Store(address, size, value);
        if ((i.Immediate & AtomicOperation.Fetch) != 0) Writable(i.Registers >> 4) = old;
    }

    int LoadSpecial(Instruction i, int slot)
    {
        if (!i.IsWide) return LoadPacket(i, slot);
        if (!_program.Contains(slot + 1) || _code[slot + 1] is not { Code: 0, Registers: 0, Offset: 0 }) throw Invalid();
        var high = _code[slot + 1].Immediate;
        Writable(i) = (i.Registers >> 4) switch
        {
            0 => (uint)i.Immediate | ((ulong)(uint)high << 32),
            OpCode.PseudoMapFd or OpCode.PseudoMapIndex => MapWithDescriptor(i.Immediate).Address,
            OpCode.PseudoMapValue or OpCode.PseudoMapIndexValue when MapWithDescriptor(i.Immediate) is VirtualArray section => section.AddressOf(high),
            OpCode.PseudoFunction => _codeRegion.Address + (ulong)(slot + 1 + i.Immediate) * Instruction.Size,
            _ => throw Fault(FaultKind.NotSupported, "no such reference in this machine"),
        };
        return slot + 2;
    }

    int LoadPacket(Instruction i, int slot)
    {
        var mode = i.Code & OpCode.ModeMask;
        var size = SizeOf(i.Code);
        if (mode is not (OpCode.ModeAbsolute or OpCode.ModeIndirect) || size == 8) throw Invalid();
        var offset = (long)(uint)i.Immediate + (mode == OpCode.ModeIndirect ? (uint)Readable(i.Registers >> 4) : 0);
        if (Packet is null) throw Fault(FaultKind.NotSupported, "there is no packet");
        if (offset + size > Packet.Bytes.Length)
        {
            // A load beyond the packet ends the program (kernel/bpf/verifier.c: bpf_gen_ld_abs).
            _registers[0] = 0;
            return Leave();
        }
        var bytes = Packet.Bytes[(int)offset..];
        _registers[0] = size switch { 1 => bytes[0], 2 => BinaryPrimitives.ReadUInt16BigEndian(bytes), _ => BinaryPrimitives.ReadUInt32BigEndian(bytes) };
        return slot + 1;
    }

    int Branch(Instruction i, int slot)
    {
        var operation = i.Code & OpCode.OperationMask;
        var wide = i.Class == InstructionClass.Jump;
        var fromRegister = (i.Code & OpCode.SourceRegister) != 0;
        switch (operation)
        {
            case OpCode.JumpAlways when !fromRegister:
                return slot + 1 + (wide ? i.Offset : i.Immediate);
            case OpCode.Call when wide && !fromRegister:
                return Call(i, slot);
            case OpCode.Call when wide:
                var function = FunctionAt(Readable(i.Registers & 0x0f));
                Enter(function, slot + 1);
                return function;
            case OpCode.Exit when wide && !fromRegister:
                return Leave();
            case OpCode.JumpConditional when wide && !fromRegister:
                return ++_mayGotoPasses > Options.MayGotoPasses ? slot + 1 + i.Offset : slot + 1;
        }
        var left = Readable(i.Registers & 0x0f);
        var right = fromRegister ? Readable(i.Registers >> 4) : (ulong)i.Immediate;
        if (!wide)
        {
            // Sign extension keeps both the signed and the unsigned order of 32-bit numbers, and equality.
            (left, right) = (Arithmetic.SignExtend(left, 32), Arithmetic.SignExtend(right, 32));
        }
        return Arithmetic.Compare(operation, left, right) ?? throw Invalid() ? slot + 1 + i.Offset : slot + 1;
    }

    int Call(Instruction i, int slot)
    {
        switch (i.Registers >> 4)
        {
            case OpCode.PseudoCall:
                var target = (long)slot + 1 + i.Immediate;
                if (target is < 0 or > int.MaxValue) throw Fault(FaultKind.InvalidJump, $"call of slot {target}, outside of the code");
                Enter((int)target, slot + 1);
                return (int)target;
            case 0 when i.Immediate == (int)HelperFunction.TailCall:
                return TailCall(slot);
            case 0:
                if (!Helpers.TryGetValue((HelperFunction)i.Immediate, out var helper)) throw Fault(FaultKind.UnknownFunction, "this machine does not provide the helper");
                return Call(helper, slot);
            case OpCode.PseudoKfuncCall:
                var name = i.Immediate < 0 && -1 - i.Immediate < _kfuncNames.Count ? _kfuncNames[-1 - i.Immediate] : $"kfunc#{i.Immediate}";
                if (!Kfuncs.TryGetValue(name, out var kfunc)) throw Fault(FaultKind.UnknownFunction, $"this machine does not provide the kernel function '{name}'");
                return Call(kfunc, slot);
            default:
                throw Invalid();
        }
    }

    int Call(HelperBody body, int slot)
    {
        Span<ulong> arguments = stackalloc ulong[5];
        _registers.AsSpan(1, 5).CopyTo(arguments);
        var result = body(new HelperCall(this, arguments));
        for (var i = 1; i < 6; i++) _registers[i] = Poison(i);
        _registers[0] = result;
        return slot + 1;
    }

    int TailCall(int slot)
    {
        var target = new HelperCall(this, _registers.AsSpan(1, 5)).Map<VirtualProgramArray>(2)[(uint)_registers[3]];
        if (target is null || _tailCalls >= Options.MaxTailCalls)
        {
            for (var i = 1; i < 6; i++) _registers[i] = Poison(i);
            _registers[0] = unchecked((ulong)-Interop.Errno.ENOENT);
            return slot + 1;
        }
        _tailCalls++;
        _program = target;
        return target.Start;
    }

    ulong Load(ulong address, int size)
    {
        if (size == 4 && Memory.TryFind(address, out var region) && region.PointerFields.TryGetValue((int)(address - region.Address), out var pointer)) return pointer;
        var bytes = Access(address, size, write: false);
        return size switch
        {
            1 => bytes[0],
            2 => Unsafe.ReadUnaligned<ushort>(ref bytes[0]),
            4 => Unsafe.ReadUnaligned<uint>(ref bytes[0]),
            _ => Unsafe.ReadUnaligned<ulong>(ref bytes[0]),
        };
    }

    void Store(ulong address, int size, ulong value)
    {
        var bytes = Access(address, size, write: true);
        switch (size)
        {
            case 1: bytes[0] = (byte)value; break;
            case 2: Unsafe.WriteUnaligned(ref bytes[0], (ushort)value); break;
            case 4: Unsafe.WriteUnaligned(ref bytes[0], (uint)value); break;
            default: Unsafe.WriteUnaligned(ref bytes[0], value); break;
        }
    }

    ulong Readable(int register) => register < RegisterCount ? _registers[register] : throw Invalid();

    ref ulong Writable(Instruction i) => ref Writable(i.Registers & 0x0f);

    ref ulong Writable(int register)
    {
        if (register >= RegisterCount - 1) throw Invalid();
        return ref _registers[register];
    }

    VirtualMap MapWithDescriptor(int descriptor) =>
        _mapsByDescriptor.TryGetValue(descriptor, out var map) ? map : throw Fault(FaultKind.NotSupported, $"no map has the descriptor {descriptor}");

    MachineFaultException Invalid() => Fault(FaultKind.InvalidInstruction, "this means nothing");

    static int SizeOf(byte code) => (code & OpCode.SizeMask) switch
    {
        OpCode.Byte => 1,
        OpCode.Half => 2,
        OpCode.Word => 4,
        _ => 8,
    };

    // The verifier forbids reading a register that a call destroyed; a recognisable value, which is no address, makes such code fail here.
    static ulong Poison(int register) => 0xdead_0000_0000_0000 | (uint)register;

    sealed class Frame
    {
        public required MemoryRegion Stack { get; init; }
        public int ReturnTo { get; set; }
        public MachineProgram Program { get; set; } = null!;
        public ulong[] Saved { get; } = new ulong[RegisterCount - 6];
    }
}
