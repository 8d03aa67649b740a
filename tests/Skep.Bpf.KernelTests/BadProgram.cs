using Skep.Bpf.Instructions;
using static Skep.Bpf.Instructions.Register;

namespace Skep.Bpf.KernelTests;

/// <summary>A program that every verifier refuses, and the kind of failure that must be reported.</summary>
sealed record BadProgram(string Name, VerifierFailureKind Kind, ProgramType Type, Instruction[] Code)
{
    public AttachType AttachType { get; init; }
    public string License { get; init; } = "GPL";
    public string TypedTracepoint { get; init; } = "";
    public ProgramFlags Flags { get; init; }

    /// <summary>What kernels before <see cref="Since"/> report instead; null when they accept the program.</summary>
    public VerifierFailureKind? EarlierKind { get; init; }

    /// <summary>The first kernel in the matrix that refuses the program as <see cref="Kind"/> says.</summary>
    public KernelVersion Since { get; init; }

    public VerifierFailureKind? KindHere => KernelVersion.Running < Since ? EarlierKind : Kind;

    public ProgramImage Image() => new()
    {
        Name = Name,
        Type = Type,
        Instructions = Code,
        License = License,
        AttachType = AttachType,
        Flags = Flags,
        AttachBtfId = TypedTracepoint.Length > 0 && Btf.Kernel.TryFind("btf_trace_" + TypedTracepoint, BtfKind.Typedef, out var type) ? type.Id : 0,
    };

    public static Instruction Return => new(OpCode.ExitInstruction, R0, R0);

    public static Instruction Move(Register register, int value) => new((byte)InstructionClass.Alu64 | OpCode.Move, register, R0, immediate: value);

    public static Instruction Move(Register register, Register source) =>
        new((byte)InstructionClass.Alu64 | OpCode.Move | OpCode.SourceRegister, register, source);

    public static Instruction Compute(byte operation, Register register, int value) => new((byte)InstructionClass.Alu64 | operation, register, R0, immediate: value);

    public static Instruction Compute(byte operation, Register register, Register source) =>
        new((byte)InstructionClass.Alu64 | operation | OpCode.SourceRegister, register, source);

    public static Instruction Load(byte size, Register register, Register address, int offset) =>
        new((byte)InstructionClass.LoadMemory | OpCode.ModeMemory | size, register, address, offset);

    public static Instruction Store(byte size, Register address, int offset, Register source) =>
        new((byte)InstructionClass.StoreRegister | OpCode.ModeMemory | size, address, source, offset);

    public static Instruction Store(byte size, Register address, int offset, int value) =>
        new((byte)InstructionClass.StoreImmediate | OpCode.ModeMemory | size, address, R0, offset, value);

    public static Instruction Jump(byte operation, Register register, int value, int offset) =>
        new((byte)InstructionClass.Jump | operation, register, R0, offset, value);

    public static Instruction Jump(byte operation, Register register, Register other, int offset) =>
        new((byte)InstructionClass.Jump | operation | OpCode.SourceRegister, register, other, offset);

    public static Instruction Goto(int offset) => new((byte)InstructionClass.Jump | OpCode.JumpAlways, R0, R0, offset);

    public static Instruction Helper(HelperFunction helper) => new(OpCode.CallInstruction, R0, R0, immediate: (int)helper);

    public static Instruction CallNumber(int number) => new(OpCode.CallInstruction, R0, R0, immediate: number);

    public static Instruction CallFunction(int offset) => new(OpCode.CallInstruction, R0, R1, immediate: offset);

    public static Instruction CallKernel(int btfId) => new(OpCode.CallInstruction, R0, R2, immediate: btfId);

    public static Instruction[] MapFd(Register register, BpfMap map) =>
        [new(OpCode.LoadImmediate64, register, R1, immediate: map.Fd.Value), new(0, R0, R0)];

    public static Instruction[] MapValue(Register register, BpfMap map, int offset) =>
        [new(OpCode.LoadImmediate64, register, R2, immediate: map.Fd.Value), new(0, R0, R0, immediate: offset)];
}
