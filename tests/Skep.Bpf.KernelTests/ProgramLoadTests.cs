using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

public class ProgramLoadTests
{
    [KernelFact]
    public void Load_accepts_a_program_that_returns_a_constant()
    {
        using var program = BpfProgram.Load(new ProgramImage
        {
            Name = "constant",
            Type = ProgramType.SocketFilter,
            Instructions =
            [
                new((byte)InstructionClass.Alu64 | OpCode.Move, Register.R0, default, immediate: 0),
                new(OpCode.ExitInstruction, default, default),
            ],
        });
        program.Type.ShouldBe(ProgramType.SocketFilter);
    }

    [KernelFact]
    public void Load_reports_the_verifiers_words_when_it_refuses()
    {
        var error = Should.Throw<BpfSyscallException>(() => BpfProgram.Load(new ProgramImage
        {
            Name = "no_exit",
            Type = ProgramType.SocketFilter,
            Instructions = [new(OpCode.ExitInstruction, default, default)],
        }));
        error.Message.ShouldContain("R0 !read_ok");
    }
}
