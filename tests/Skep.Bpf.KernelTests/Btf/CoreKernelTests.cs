using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

/// <summary>CO-RE against the running kernel, checked by fields and constants whose place is known another way.</summary>
public class CoreKernelTests
{
    [KernelFact]
    public void Offsets_agree_with_the_layout_of_the_kernels_own_types()
    {
        var local = new BtfBuilder();
        var number = local.AddInt("int", 4, isSigned: true);
        var pointer = local.AddPointer(0);
        var task = local.AddStruct("task_struct___ours", 16, local.Member("pid", number, 0), local.Member("real_parent", pointer, 64));
        var relocator = new CoreRelocator(local.Build("ours"), CoreTargets.RunningKernel);
        Btf.Kernel.TryFind("task_struct", BtfKind.Struct, out var kernel).ShouldBeTrue();

        foreach (var (index, name) in new[] { (0, "pid"), (1, "real_parent") })
        {
            BtfLayout.TryFind(kernel, name, out var location).ShouldBeTrue();
            var result = relocator.Resolve(new CoreRelocation(0, task, $"0:{index}", CoreRelocationKind.FieldByteOffset));
            result.Value.ShouldBe(location.BitOffset / 8);
            result.Target.Id.ShouldBe(kernel.Id);
        }
    }

    [KernelFact]
    public void Types_and_enumerators_are_found_or_missing()
    {
        var local = new BtfBuilder();
        var absent = local.AddStruct("no_such_struct_in_any_kernel", 4);
        var command = local.AddEnum("bpf_cmd", false, local.Enumerator("BPF_PROG_LOAD", 99), local.Enumerator("BPF_NO_SUCH_COMMAND", 1));
        var relocator = new CoreRelocator(local.Build("ours"), CoreTargets.RunningKernel);
        relocator.Resolve(new(0, absent, "0", CoreRelocationKind.TypeExists)).Value.ShouldBe(0u);
        relocator.Resolve(new(0, command, "0", CoreRelocationKind.EnumValue)).Value.ShouldBe(5u);
        relocator.Resolve(new(0, command, "1", CoreRelocationKind.EnumValue)).IsPoisoned.ShouldBeTrue();
    }

    [KernelFact]
    public void The_verifier_refuses_a_poisoned_instruction_by_its_number()
    {
        var local = new BtfBuilder();
        local.AddStruct("task_struct", 4, local.Member("no_such_field_in_any_kernel", 2, 0));
        local.AddInt("int", 4, isSigned: true);
        Instruction[] code = [new((byte)InstructionClass.Alu64 | OpCode.Move, Register.R0, default), new(OpCode.ExitInstruction, default, default)];
        var poisons = new List<CorePoison>();
        new CoreRelocator(local.Build("ours"), CoreTargets.RunningKernel).Apply(code, [new(0, 1, "0:0", CoreRelocationKind.FieldByteOffset)], poisons);
        poisons.Single().Description.ShouldContain("task_struct.no_such_field_in_any_kernel");
        var error = Should.Throw<BpfSyscallException>(() => BpfProgram.Load(new ProgramImage { Name = "poisoned", Type = ProgramType.SocketFilter, Instructions = code }));
        error.ToString().ShouldContain($"{CorePoison.Immediate}");
    }
}
