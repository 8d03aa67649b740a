using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

public class ProgramInfoTests
{
    static BpfProgram LoadConstant(string name) => BpfProgram.Load(new ProgramImage
    {
        Name = name,
        Type = ProgramType.SocketFilter,
        Instructions =
        [
            new((byte)InstructionClass.Alu64 | OpCode.Move, Register.R0, default, immediate: 3),
            new(OpCode.ExitInstruction, default, default),
        ],
    });

    [KernelFact]
    public void GetInfo_tells_id_type_name_and_when_it_was_loaded()
    {
        using var program = LoadConstant("info_test");
        var info = program.GetInfo();
        info.Name.ShouldBe("info_test");
        info.KernelName.ShouldBe("info_test");
        info.Type.ShouldBe(ProgramType.SocketFilter);
        info.Id.ShouldBeGreaterThan(0u);
        info.XlatedLength.ShouldBe(16u);
        info.Tag.Length.ShouldBe(16);
        info.MapIds.ShouldBeEmpty();
        (DateTimeOffset.UtcNow - info.LoadedAt).TotalMinutes.ShouldBeInRange(-1, 1);
    }

    [KernelFact]
    public void GetCode_returns_the_instructions_that_were_loaded()
    {
        using var program = LoadConstant("code_test");
        var code = program.GetCode();
        code.Instructions.Count.ShouldBe(2);
        code.Instructions[0].Immediate.ShouldBe(3);
        code.Instructions[1].Code.ShouldBe(OpCode.ExitInstruction);
    }

    [KernelFact]
    public void FromId_opens_the_same_program()
    {
        using var program = LoadConstant("by_id");
        var id = program.GetInfo().Id;
        using var again = BpfProgram.FromId(id);
        again.Name.ShouldBe("by_id");
        again.GetInfo().Tag.ShouldBe(program.GetInfo().Tag);
    }

    [KernelFact]
    public void FromId_says_that_there_is_no_such_program() =>
        Should.Throw<BpfException>(() => BpfProgram.FromId(0x7ffffff0)).Message.ShouldContain("no program");

    [KernelFact]
    public void Enumeration_finds_a_program_and_is_ascending()
    {
        using var program = LoadConstant("listed");
        var ids = ObjectIds.Programs.ToList();
        ids.ShouldContain(program.GetInfo().Id);
        ids.ShouldBe(ids.Order());
    }

    [KernelFact]
    public void Pin_keeps_a_program_that_FromPin_opens_again()
    {
        BpfFileSystem.EnsureMounted();
        using var program = LoadConstant("pinned");
        var path = $"/sys/fs/bpf/skep_test_{Environment.ProcessId}_prog";
        program.Pin(path);
        try
        {
            BpfFileSystem.Contains(path).ShouldBeTrue();
            using var again = BpfProgram.FromPin(path);
            again.GetInfo().Id.ShouldBe(program.GetInfo().Id);
        }
        finally
        {
            BpfFileSystem.Unpin(path).ShouldBeTrue();
        }
        Should.Throw<BpfSyscallException>(() => BpfProgram.FromPin(path)).ErrorName.ShouldBe("ENOENT");
    }

    [KernelFact]
    public void FromPin_refuses_a_map()
    {
        BpfFileSystem.EnsureMounted();
        using var map = BpfMap.Create(new MapSpec { Name = "not_a_prog", Type = MapType.Array, KeySize = 4, ValueSize = 4, MaxEntries = 1 });
        var path = $"/sys/fs/bpf/skep_test_{Environment.ProcessId}_map";
        map.Pin(path);
        try
        {
            Should.Throw<BpfException>(() => BpfProgram.FromPin(path)).Message.ShouldContain("bpf-map");
        }
        finally
        {
            BpfFileSystem.Unpin(path);
        }
    }

    [KernelFact]
    public void Btf_of_the_kernel_is_found_by_id()
    {
        var vmlinux = ObjectIds.Btfs.Select(id => BtfObject.TryFromId(id, out var btf) ? btf : null).OfType<BtfObject>().Single(b => b.IsKernel && b.Name == "vmlinux");
        using (vmlinux) vmlinux.Size.ShouldBe((uint)new FileInfo("/sys/kernel/btf/vmlinux").Length);
    }

    [KernelFact]
    public void RuntimeStatistics_count_while_enabled()
    {
        using var program = BpfProgram.Load(new ProgramImage
        {
            Name = "counted",
            Type = ProgramType.SchedCls,
            Instructions =
            [
                new((byte)InstructionClass.Alu64 | OpCode.Move, Register.R0, default, immediate: 0),
                new(OpCode.ExitInstruction, default, default),
            ],
        });
        using (RuntimeStatistics.Enable())
        {
            program.TestRun(new TestRunOptions { Data = new byte[64], Repeat = 10 });
        }
        program.GetInfo().RunCount.ShouldBe(10ul);
        program.GetInfo().RunTimeNanoseconds.ShouldBeGreaterThan(0ul);
    }

    [KernelFact]
    public void Token_creation_says_why_it_fails_in_the_initial_user_namespace()
    {
        BpfFileSystem.EnsureMounted();
        Should.Throw<BpfSyscallException>(() => BpfToken.Create(BpfFileSystem.DefaultPath)).Explanation.ShouldNotBeNull();
    }
}
