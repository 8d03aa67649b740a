using System.Runtime.InteropServices;
using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

public class ProgramTestRunTests
{
    const int MoveImmediate = (byte)InstructionClass.Alu64 | OpCode.Move;
    const int StoreByte = (byte)InstructionClass.StoreImmediate | OpCode.ModeMemory | OpCode.Byte;
    const int StoreDouble = (byte)InstructionClass.StoreRegister | OpCode.ModeMemory | OpCode.Double;
    const int LoadWord = (byte)InstructionClass.LoadMemory | OpCode.ModeMemory | OpCode.Word;
    const int LoadDouble = (byte)InstructionClass.LoadMemory | OpCode.ModeMemory | OpCode.Double;

    static readonly Instruction s_exit = new(OpCode.ExitInstruction, default, default);

    static BpfProgram Load(ProgramType type, params Instruction[] code) =>
        BpfProgram.Load(new ProgramImage { Name = "test_run", Type = type, Instructions = code, Flags = type == ProgramType.Syscall ? ProgramFlags.Sleepable : 0 });

    [KernelFact]
    public void TestRun_returns_the_programs_value_and_the_packet()
    {
        using var program = Load(ProgramType.SchedCls, new(MoveImmediate, Register.R0, default, immediate: 7), s_exit);
        var packet = new byte[64];
        packet[20] = 0xab;
        var result = program.TestRun(new TestRunOptions { Data = packet, Repeat = 1000 });
        result.ReturnValue.ShouldBe(7u);
        result.Data.ShouldBe(packet);
        result.NanosecondsPerRun.ShouldBeGreaterThan(0u);
    }

    [KernelFact]
    public void A_traffic_control_action_runs_and_says_where_it_is_attached()
    {
        Features.Program(ProgramType.SchedAct).IsPresent.ShouldBeTrue();
        using var program = Load(ProgramType.SchedAct, new(MoveImmediate, Register.R0, default, immediate: 2), s_exit);
        program.TestRun(new byte[64]).ReturnValue.ShouldBe(2u);
        Should.Throw<InvalidOperationException>(() => program.Attach()).Message.ShouldContain("use ClassicTcLink");
    }

    [KernelFact]
    public void TestRun_returns_what_an_xdp_program_wrote_into_the_packet()
    {
        using var program = Load(ProgramType.Xdp,
            new(LoadWord, Register.R2, Register.R1, 0),
            new(LoadWord, Register.R3, Register.R1, 4),
            new(MoveImmediate | OpCode.SourceRegister, Register.R4, Register.R2),
            new((byte)InstructionClass.Alu64 | OpCode.Add, Register.R4, default, immediate: 14),
            new(MoveImmediate, Register.R0, default, immediate: 1),
            new((byte)InstructionClass.Jump | OpCode.JumpGreater | OpCode.SourceRegister, Register.R4, Register.R3, 2),
            new(StoreByte, Register.R2, default, 5, 0x5a),
            new(MoveImmediate, Register.R0, default, immediate: 2),
            s_exit);
        var result = program.TestRun(new byte[60]);
        result.SignedReturnValue.ShouldBe(2);
        result.Data.Length.ShouldBe(60);
        result.Data[5].ShouldBe((byte)0x5a);
    }

    [KernelFact]
    public void TestRun_gives_a_raw_tracepoint_program_its_arguments()
    {
        using var program = Load(ProgramType.RawTracepoint, new(LoadDouble, Register.R0, Register.R1, 8), s_exit);
        var arguments = MemoryMarshal.AsBytes<ulong>([1, 0xabcd]).ToArray();
        program.TestRun(new TestRunOptions { Context = arguments }).ReturnValue.ShouldBe(0xabcdu);
    }

    [KernelFact]
    public void TestRun_gives_back_the_context_that_a_syscall_program_wrote()
    {
        using var program = Load(ProgramType.Syscall,
            new(MoveImmediate, Register.R2, default, immediate: 99),
            // Storing an immediate into the context is refused before 6.3.
            new(StoreDouble, Register.R1, Register.R2, 8),
            new(MoveImmediate, Register.R0, default, immediate: 0),
            s_exit);
        var context = new byte[16];
        var result = program.TestRun(new TestRunOptions { Context = context });
        MemoryMarshal.Read<long>(result.Context.AsSpan(8)).ShouldBe(99);
        context.ShouldAllBe(b => b == 0, "the caller's bytes are not touched");
    }

    [KernelFact]
    public void TestRun_says_so_when_a_type_cannot_be_run()
    {
        using var program = Load(ProgramType.PerfEvent, new(MoveImmediate, Register.R0, default, immediate: 0), s_exit);
        var error = Should.Throw<BpfSyscallException>(() => program.TestRun());
        error.Message.ShouldContain("PerfEvent");
        error.Explanation.ShouldNotBeNull();
    }
}
