using Skep.Bpf.Instructions;

namespace Skep.Bpf.KernelTests;

/// <summary>Small programs for map tests, slot by slot, so that these tests stand on nothing but the map code itself.</summary>
static class Code
{
    public static Instruction Move(Register to, int value) => new((int)InstructionClass.Alu64 | OpCode.Move, to, default, 0, value);

    public static Instruction Move(Register to, Register from) => new((int)InstructionClass.Alu64 | OpCode.Move | OpCode.SourceRegister, to, from);

    public static Instruction Add(Register to, int value) => new((int)InstructionClass.Alu64 | OpCode.Add, to, default, 0, value);

    public static Instruction Load(Register to, Register from, int offset, byte size = OpCode.Double) =>
        new((int)InstructionClass.LoadMemory | OpCode.ModeMemory | size, to, from, offset);

    public static Instruction Store(Register to, int offset, Register value, byte size = OpCode.Double) =>
        new((int)InstructionClass.StoreRegister | OpCode.ModeMemory | size, to, value, offset);

    public static Instruction Store(Register to, int offset, int value, byte size) =>
        new((int)InstructionClass.StoreImmediate | OpCode.ModeMemory | size, to, default, offset, value);

    public static Instruction[] Map(Register to, BpfMap map) => Wide(to, OpCode.PseudoMapFd, (uint)map.Fd.Value);

    /// <summary>The address of byte <paramref name="offset"/> in the only value of an array.</summary>
    public static Instruction[] MapValue(Register to, BpfMap map, int offset = 0) => Wide(to, OpCode.PseudoMapValue, (uint)map.Fd.Value, offset);

    public static Instruction[] Wide(Register to, byte kind, uint low, int high = 0) =>
        [new(OpCode.LoadImmediate64, to, (Register)kind, 0, (int)low), new(0, default, default, 0, high)];

    public static Instruction Call(HelperFunction helper) => new(OpCode.CallInstruction, default, default, 0, (int)helper);

    public static Instruction JumpIfZero(Register register, int slots) => new((int)InstructionClass.Jump | OpCode.JumpEqual, register, default, slots);

    public static Instruction JumpIfNotZero(Register register, int slots) => new((int)InstructionClass.Jump | OpCode.JumpNotEqual, register, default, slots);

    public static Instruction Exit => new(OpCode.ExitInstruction, default, default);

    public static BpfProgram Load(ProgramType type, params IEnumerable<Instruction>[] parts) => Load(type, default, parts);

    public static BpfProgram Load(ProgramType type, AttachType attachType, params IEnumerable<Instruction>[] parts) => BpfProgram.Load(new ProgramImage
    {
        Name = "map_test",
        Type = type,
        AttachType = attachType,
        Instructions = [.. parts.SelectMany(p => p)],
    });

    /// <summary>Runs a program once on an empty Ethernet frame and returns its value.</summary>
    public static uint Run(BpfProgram program) => program.TestRun(new byte[64]).ReturnValue;
}
