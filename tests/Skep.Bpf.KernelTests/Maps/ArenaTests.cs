using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

public class ArenaTests
{
    static BpfMap Create(ulong address = 0) => BpfMap.Create(new MapSpec
    {
        Name = "arena",
        Type = MapType.Arena,
        MaxEntries = 16,
        Flags = MapFlags.MemoryMappable,
        Extra = address,
    });

    [KernelFact(KernelFeature.Arena)]
    public void An_arena_is_one_memory_for_programs_and_user_space()
    {
        using var arena = Create();
        using var memory = arena.MapMemory();
        memory.Length.ShouldBe(16 * Environment.SystemPageSize);
        memory.Value<long>(Environment.SystemPageSize) = 41;
        var address = (ulong)memory.Address + (ulong)Environment.SystemPageSize;
        // The program names the arena, turns the user-space address into an arena pointer (addr_space_cast 1 -> 0) and adds one to the value there.
        var cast = new Instruction((int)InstructionClass.Alu64 | OpCode.Move | OpCode.SourceRegister, Register.R2, Register.R2, 1, 1);
        using var program = Code.Load(ProgramType.SocketFilter,
            Code.Map(Register.R1, arena),
            Code.Wide(Register.R2, 0, (uint)address, (int)(address >> 32)),
            [
                cast,
                Code.Load(Register.R0, Register.R2, 0),
                Code.Add(Register.R0, 1),
                Code.Store(Register.R2, 0, Register.R0),
                Code.Exit,
            ]);
        Code.Run(program).ShouldBe(42u);
        memory.Value<long>(Environment.SystemPageSize).ShouldBe(42);
    }

    [KernelFact(KernelFeature.Arena)]
    public void An_arena_with_a_fixed_address_is_mapped_there()
    {
        const ulong address = 0x0000_6000_0000_0000;
        using var arena = Create(address);
        using var memory = arena.MapMemory();
        ((ulong)memory.Address).ShouldBe(address);
        memory.Value<int>() = 5;
        memory.Value<int>().ShouldBe(5);
    }
}
