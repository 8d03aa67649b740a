using Skep.Bpf.Instructions;
using static Skep.Bpf.Instructions.HelperFunction;
using static Skep.Bpf.Instructions.OpCode;
using static Skep.Bpf.Instructions.Register;
using static Skep.Bpf.KernelTests.BadProgram;
using static Skep.Bpf.VerifierFailureKind;

namespace Skep.Bpf.KernelTests;

/// <summary>Programs that are wrong in one way each.</summary>
sealed class BadPrograms : IDisposable
{
    readonly BpfMap _hash = BpfMap.Create(new MapSpec { Name = "hash", Type = MapType.Hash, KeySize = 4, ValueSize = 8, MaxEntries = 4 });
    readonly BpfMap _array = BpfMap.Create(new MapSpec { Name = "array", Type = MapType.Array, KeySize = 4, ValueSize = 8, MaxEntries = 4 });
    readonly BpfMap _readOnly = BpfMap.Create(new MapSpec { Name = "rodata", Type = MapType.Array, KeySize = 4, ValueSize = 8, MaxEntries = 1, Flags = MapFlags.ProgramReadOnly });
    readonly BpfMap _ring = BpfMap.Create(new MapSpec { Name = "ring", Type = MapType.RingBuffer, MaxEntries = 4096 });

    public void Dispose()
    {
        foreach (var map in new[] { _hash, _array, _readOnly, _ring }) map.Dispose();
    }

    public IEnumerable<BadProgram> All() => [.. Stack(), .. Pointers(), .. Maps(), .. Packets(), .. Calls(), .. Flow(), .. Tracing()];

    static BadProgram Filter(string name, VerifierFailureKind kind, params Instruction[] code) => new(name, kind, ProgramType.SocketFilter, code);

    static BadProgram Classifier(string name, VerifierFailureKind kind, params Instruction[] code) => new(name, kind, ProgramType.SchedCls, code);

    static BadProgram Raw(string name, VerifierFailureKind kind, params Instruction[] code) => new(name, kind, ProgramType.RawTracepoint, code);

    static IEnumerable<BadProgram> Stack() =>
    [
        Filter("return_unset", UninitializedRegister, Return),
        Filter("argument_after_call", UninitializedRegister, Helper(KtimeGetNs), Move(R0, R1), Return),
        Filter("stack_write_far", StackBounds, Store(OpCode.Double, R10, -520, 0), Move(R0, 0), Return),
        Filter("stack_write_above", StackBounds, Store(OpCode.Double, R10, 8, 0), Move(R0, 0), Return),
        Raw("stack_argument_far", StackBounds, Move(R1, R10), Compute(Add, R1, -8), Move(R2, 16), Helper(GetCurrentComm), Move(R0, 0), Return),
        Filter("stack_variable", StackBounds, Store(OpCode.Double, R10, -8, 0), Load(Word, R1, R1, 0), Compute(And, R1, 0x3ff), Move(R2, R10), Compute(Add, R2, R1), Load(OpCode.Byte, R0, R2, -8), Return),
        Filter("misaligned_stack", Misaligned, Store(Word, R10, -6, 0), Move(R0, 0), Return) with { Flags = ProgramFlags.StrictAlignment },
        Filter("frame_pointer_write", PointerArithmetic, Move(R10, 0), Move(R0, 0), Return),
    ];

    IEnumerable<BadProgram> Pointers()
    {
        Instruction[] lookup =
        [
            Store(Word, R10, -4, 0), Move(R2, R10), Compute(Add, R2, -4), .. MapFd(R1, _hash), Helper(MapLookupElem),
        ];
        yield return Raw("null_unchecked", PossibleNull, [.. lookup, Load(OpCode.Double, R0, R0, 0), Return]);
        yield return Raw("null_arithmetic", PossibleNull, [.. lookup, Compute(Add, R0, 4), Load(Word, R0, R0, 0), Return]);
        yield return Raw("null_argument", PossibleNull, [.. lookup, Move(R1, R10), Compute(Add, R1, -16), Move(R2, 8), Move(R3, 0), Move(R2, R0), .. MapFd(R1, _hash), Helper(MapLookupElem), Move(R0, 0), Return]);
        yield return Raw("number_as_pointer", NotAPointer, Move(R1, 4096), Load(OpCode.Double, R0, R1, 0), Return);
        yield return Raw("kernel_pointer_as_number", NotAPointer, Load(OpCode.Double, R1, R1, 0), Load(OpCode.Double, R0, R1, 0), Return);
        yield return Raw("number_as_argument", ArgumentType, [.. MapFd(R1, _hash), Move(R2, 7), Helper(MapLookupElem), Move(R0, 0), Return]);
        yield return Raw("map_pointer_arithmetic", PointerArithmetic, [.. MapFd(R1, _hash), Compute(Add, R1, 8), Move(R2, R10), Helper(MapLookupElem), Move(R0, 0), Return]);
        yield return Raw("pointer_shift", PointerArithmetic, Move(R2, R10), Compute(ShiftLeft, R2, 1), Move(R0, 0), Return) with { Type = ProgramType.SocketFilter };
        yield return Raw("pointer_far", PointerArithmetic, Move(R2, R10), Compute(Add, R2, 1 << 30), Move(R0, 0), Return);
        yield return Raw("context_moved", ContextAccess, Load(OpCode.Double, R2, R1, 0), Compute(And, R2, 8), Compute(Add, R1, R2), Load(OpCode.Double, R0, R1, 0), Return) with { Type = ProgramType.SchedCls };
    }

    IEnumerable<BadProgram> Maps()
    {
        Instruction[] value =
        [
            Move(R6, R1), Store(Word, R10, -4, 0), Move(R2, R10), Compute(Add, R2, -4), .. MapFd(R1, _hash), Helper(MapLookupElem),
            Jump(JumpNotEqual, R0, 0, 2), Move(R0, 0), Return,
        ];
        yield return Filter("map_value_behind", MapValueBounds, [.. value, Load(OpCode.Double, R0, R0, 8), Return]);
        yield return Filter("map_value_before", MapValueBounds, [.. value, Load(OpCode.Double, R0, R0, -8), Return]);
        yield return Filter("map_value_index_unbounded", UnboundedValue, [.. value, Load(Word, R1, R6, 0), Compute(ShiftLeft, R1, 8), Compute(Add, R0, R1), Load(OpCode.Byte, R0, R0, 0), Return]);
        yield return Filter("map_value_index_large", MapValueBounds, [.. value, Load(Word, R1, R6, 0), Compute(And, R1, 15), Compute(Add, R0, R1), Load(OpCode.Byte, R0, R0, 0), Return]);
        yield return Filter("map_value_index_negative", UnboundedValue,
            [.. value, Load(Word, R1, R6, 0), Compute(ShiftLeft, R1, 56), Compute(ShiftRightArithmetic, R1, 56), Jump(JumpSignedGreater, R1, 7, 2), Compute(Add, R0, R1), Load(OpCode.Byte, R0, R0, 0), Move(R0, 0), Return]);
        yield return Filter("readonly_map_write", ReadOnlyMemory, [.. MapValue(R1, _readOnly, 0), Store(OpCode.Double, R1, 0, 1), Move(R0, 0), Return]);
        yield return Filter("map_value_offset", MapMisuse, [.. MapValue(R1, _array, 4096), Move(R0, 0), Return]);
        yield return Filter("not_a_map", MapMisuse, new(LoadImmediate64, R1, R1, immediate: 0x7fff), new(0, R0, R0), Move(R0, 0), Return);
        yield return Filter("wrong_map_type", MapMisuse, [.. MapFd(R1, _array), Move(R2, R10), Compute(Add, R2, -8), Store(OpCode.Double, R2, 0, 0), Move(R3, 0), Helper(MapPushElem), Move(R0, 0), Return]);
        yield return Raw("ring_leak", ReferenceLeak, [.. MapFd(R1, _ring), Move(R2, 8), Move(R3, 0), Helper(RingbufReserve), Move(R0, 0), Return]);
        yield return Raw("ring_beyond", MemoryBounds,
            [.. MapFd(R1, _ring), Move(R2, 8), Move(R3, 0), Helper(RingbufReserve), Jump(JumpNotEqual, R0, 0, 2), Move(R0, 0), Return, Store(OpCode.Double, R0, 8, 0), Move(R1, R0), Move(R2, 0), Helper(RingbufSubmit), Move(R0, 0), Return]);
        yield return Raw("ring_submit_stack", ArgumentType, Store(OpCode.Double, R10, -8, 0), Move(R1, R10), Compute(Add, R1, -8), Move(R2, 0), Helper(RingbufSubmit), Move(R0, 0), Return);
        yield return Raw("size_unbounded", UnboundedValue, Load(OpCode.Double, R2, R1, 0), Move(R1, R10), Compute(Add, R1, -16), Move(R3, 0), Helper(ProbeReadKernel), Move(R0, 0), Return);
        yield return Raw("size_negative", UnboundedValue, Move(R2, -1), Move(R1, R10), Compute(Add, R1, -16), Move(R3, 0), Helper(ProbeReadKernel), Move(R0, 0), Return);
        yield return Raw("size_may_be_zero", PossiblyZeroSize, Store(OpCode.Double, R10, -8, 0), Load(OpCode.Double, R2, R1, 0), Compute(And, R2, 7), Move(R1, R10), Compute(Add, R1, -8), Helper(TracePrintk), Move(R0, 0), Return);
    }

    static IEnumerable<BadProgram> Packets() =>
    [
        Classifier("packet_unchecked", PacketBounds, Load(Word, R2, R1, 76), Load(OpCode.Byte, R0, R2, 0), Return),
        new("packet_beyond_check", PacketBounds, ProgramType.Xdp, [Load(Word, R2, R1, 0), Load(Word, R3, R1, 4), Move(R4, R2), Compute(Add, R4, 14), Jump(JumpGreater, R4, R3, 1), Load(Word, R0, R2, 14), Move(R0, 2), Return]),
        new("packet_stale", NotAPointer, ProgramType.Xdp,
            [Move(R6, R1), Load(Word, R7, R1, 0), Load(Word, R3, R1, 4), Move(R4, R7), Compute(Add, R4, 14), Jump(JumpGreater, R4, R3, 4), Move(R1, R6), Move(R2, 4), Helper(XdpAdjustHead), Load(OpCode.Byte, R0, R7, 0), Move(R0, 2), Return]),
        Classifier("context_behind", ContextAccess, Load(Word, R0, R1, 400), Return),
        Classifier("context_write", ContextAccess, Store(Word, R1, 0, 1), Move(R0, 0), Return),
        Classifier("context_half", ContextAccess, Load(OpCode.Half, R0, R1, 77), Return),
    ];

    static IEnumerable<BadProgram> Calls() =>
    [
        Raw("helper_unknown", UnknownHelper, CallNumber(9999), Move(R0, 0), Return),
        Raw("core_poison", PoisonedCoreRelocation, CallNumber(195896080), Move(R0, 0), Return),
        Raw("kfunc_poison", MissingKernelFunction, CallNumber(2002000003), Move(R0, 0), Return),
        new("helper_not_for_type", HelperNotAllowed, ProgramType.Xdp, [Move(R2, R10), Compute(Add, R2, -8), Move(R3, 8), Helper(DPath), Move(R0, 0), Return]),
        Raw("helper_gpl", GplOnly, Helper(KtimeGetNs), Move(R1, R10), Compute(Add, R1, -8), Move(R2, 8), Move(R3, 0), Helper(ProbeReadKernel), Move(R0, 0), Return) with { License = "Proprietary" },
        Raw("helper_sleeps", Sleepable, Move(R1, R10), Compute(Add, R1, -8), Move(R2, 8), Move(R3, 0), Helper(CopyFromUser), Move(R0, 0), Return) with { Type = ProgramType.Kprobe },
        Raw("sleepable_type", Sleepable, Move(R0, 0), Return) with { Flags = ProgramFlags.Sleepable },
        Raw("kfunc_bad_id", MissingKernelFunction, CallKernel(1), Move(R0, 0), Return),
        Raw("recursion", StackTooDeep, CallFunction(1), Return, CallFunction(-1), Return) with { Since = new(6, 12), EarlierKind = InfiniteLoop },
        Raw("call_into_nothing", InvalidJump, CallFunction(100), Return),
        Filter("stack_of_calls", StackTooDeep, Store(OpCode.Double, R10, -400, 0), CallFunction(1), Return, Store(OpCode.Double, R10, -400, 0), Move(R0, 0), Return),
    ];

    static IEnumerable<BadProgram> Flow() =>
    [
        Raw("loop_forever", InfiniteLoop, Move(R0, 0), Move(R1, 1), Jump(JumpEqual, R1, 2, 1), Goto(-2), Return),
        Raw("loop_self", InfiniteLoop, Move(R0, 0), Jump(JumpEqual, R0, 0, -1), Return),
        Raw("unreachable", UnreachableCode, Move(R0, 0), Return, Move(R0, 1), Return),
        Raw("jump_out", InvalidJump, Move(R0, 0), Goto(100), Return),
        Raw("jump_middle", InvalidJump, Move(R0, 0), Jump(JumpEqual, R0, 0, 1), new(LoadImmediate64, R1, R0, immediate: 1), new(0, R0, R0), Return),
        Raw("no_exit", MissingExit, Move(R0, 0)),
        Raw("opcode_unknown", InvalidInstruction, new Instruction(0x8f, 0, 0, 0), Move(R0, 0), Return),
        Raw("register_unknown", InvalidInstruction, new Instruction((byte)InstructionClass.Alu64 | OpCode.Move, 0x0c, 0, 0), Return),
        Raw("reserved_fields", InvalidInstruction, new Instruction((byte)InstructionClass.Alu64 | OpCode.Move, 0, 77, 0), Return),
        Raw("wide_cut", InvalidInstruction, Move(R0, 0), new(LoadImmediate64, R1, R0, immediate: 1), Return),
        Raw("divide_by_zero", InvalidInstruction, Move(R0, 1), Compute(Divide, R0, 0), Return),
        Raw("shift_far", InvalidInstruction, Move(R0, 1), Compute(ShiftLeft, R0, 64), Return),
        Raw("legacy_load", InvalidInstruction, Move(R6, R1), new((byte)InstructionClass.Load | ModeAbsolute | Word, R0, R0), Return),
        new("return_range", ReturnValue, ProgramType.CgroupSock, [Move(R0, 7), Return]) { AttachType = AttachType.CgroupInetSockCreate },
        new("return_unknown", ReturnValue, ProgramType.CgroupSock, [Load(Word, R0, R1, 0), Return]) { AttachType = AttachType.CgroupInetSockCreate },
    ];

    static IEnumerable<BadProgram> Tracing()
    {
        static BadProgram Typed(string name, VerifierFailureKind kind, params Instruction[] code) =>
            new(name, kind, ProgramType.Tracing, code) { AttachType = AttachType.TraceRawTp, TypedTracepoint = "sched_switch" };
        yield return Typed("too_few_arguments", ContextAccess, Load(OpCode.Double, R0, R1, 96), Return);
        yield return Typed("half_argument", ContextAccess, Load(Word, R0, R1, 8), Move(R0, 0), Return) with { Since = new(6, 12) };
        yield return Typed("kernel_struct_beyond", MemoryBounds, Load(OpCode.Double, R2, R1, 8), Load(OpCode.Double, R0, R2, 30000), Move(R0, 0), Return);
        yield return Typed("kernel_struct_write", ReadOnlyMemory, Load(OpCode.Double, R2, R1, 8), Store(OpCode.Double, R2, 64, 1), Move(R0, 0), Return);
        yield return Typed("d_path_here", HelperNotAllowed, Load(OpCode.Double, R1, R1, 8), Move(R2, R10), Compute(Add, R2, -8), Move(R3, 8), Helper(DPath), Move(R0, 0), Return);
        yield return new("no_target", AttachTarget, ProgramType.Tracing, [Move(R0, 0), Return]) { AttachType = AttachType.TraceRawTp };
    }
}
