using System.Runtime.InteropServices;
using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Bpf.Interpreter;
using Xunit;

namespace Skep.Bpf.Tests;

public class MachineTests
{
    [Theory]
    [InlineData("r0 = 7\nr0 /= 0", 0)]
    [InlineData("r0 = 7\nr0 %= 0", 7)]
    [InlineData("r0 = -1\nw0 %= 0", 0xffffffff)]
    [InlineData("r0 = -7\nr0 s/= 2", -3)]
    [InlineData("r0 = -7\nr0 s%= 2", -1)]
    [InlineData("r0 = 0x8000000000000000 ll\nr0 s/= -1", long.MinValue)]
    [InlineData("r0 = 0x8000000000000000 ll\nr0 s%= -1", 0)]
    [InlineData("r0 = 0x80000000 ll\nw0 s/= -1", 0x80000000)]
    [InlineData("r0 = -1\nr0 /= 2", 0x7fffffffffffffff)]
    [InlineData("r0 = -1\nr0 /= -1", 1)]
    [InlineData("r0 = -1\nw0 += 1", 0)]
    [InlineData("r0 = -1\nr1 = 65\nr0 <<= r1", -2)]
    [InlineData("r0 = -1\nr1 = 33\nw0 <<= w1", 0xfffffffe)]
    [InlineData("r0 = -8\nr0 s>>= 1", -4)]
    [InlineData("r0 = -8\nw0 s>>= 1", 0xfffffffc)]
    [InlineData("r1 = 0xff80 ll\nr0 = (s8)r1", -128)]
    [InlineData("r1 = 0xff80 ll\nw0 = (s16)w1", 0xffffff80)]
    [InlineData("r0 = 0x1122334455667788 ll\nr0 = be16 r0", 0x8877)]
    [InlineData("r0 = 0x1122334455667788 ll\nr0 = le32 r0", 0x55667788)]
    [InlineData("r0 = 0x1122334455667788 ll\nr0 = bswap64 r0", unchecked((long)0x8877665544332211))]
    [InlineData("r0 = 5\nw0 = -w0", 0xfffffffb)]
    [InlineData("r1 = -1\nr0 = 1\nif w1 s> 5 goto +1\nr0 = 2", 2)]
    [InlineData("r1 = -1\nr0 = 1\nif w1 > 5 goto +1\nr0 = 2", 1)]
    [InlineData("r1 = 0x100000000 ll\nr0 = 1\nif w1 & -1 goto +1\nr0 = 2", 2)]
    [InlineData("*(u64 *)(r10 - 8) = -2\nr0 = *(s16 *)(r10 - 8)", -2)]
    [InlineData("*(u64 *)(r10 - 8) = 5\nr1 = 3\nr1 = atomic_fetch_add((u64 *)(r10 - 8), r1)\nr0 = *(u64 *)(r10 - 8)\nr0 <<= 8\nr0 |= r1", 0x805)]
    [InlineData("*(u64 *)(r10 - 8) = 5\nr0 = 5\nr1 = 9\nr0 = cmpxchg_64(r10 - 8, r0, r1)\nr1 = *(u64 *)(r10 - 8)\nr0 += r1", 14)]
    [InlineData("*(u64 *)(r10 - 8) = 5\nr0 = 6\nr1 = 9\nr0 = cmpxchg_64(r10 - 8, r0, r1)\nr1 = *(u64 *)(r10 - 8)\nr0 += r1", 10)]
    [InlineData("*(u64 *)(r10 - 8) = -1\nr1 = 0\nw1 = xchg32_32(r10 - 8, w1)\nr0 = r1", 0xffffffff)]
    public void Run_computes_what_the_standard_says(string text, long expected)
    {
        var machine = new Machine();
        ((long)machine.Run(machine.Load(AssemblyText.Parse(text + "\nexit")))).ShouldBe(expected);
    }

    [Theory]
    [InlineData("r0 = *(u64 *)(r10 + 0)\nexit", FaultKind.OutOfBounds)]
    [InlineData("r0 = *(u64 *)(r10 - 520)\nexit", FaultKind.OutOfBounds)]
    [InlineData("r1 = 0\nr0 = *(u8 *)(r1 + 4)\nexit", FaultKind.NullPointer)]
    [InlineData("r0 = *(u8 *)(r1 + 8)\nexit", FaultKind.OutOfBounds)]
    [InlineData("*(u8 *)(r1 + 0) = 1\nexit", FaultKind.ReadOnly)]
    [InlineData("r0 = 1", FaultKind.InvalidJump)]
    [InlineData("goto -2", FaultKind.InvalidJump)]
    [InlineData(".insn 0xff, 0x00, 0, 0\nexit", FaultKind.InvalidInstruction)]
    [InlineData("r10 = 1\nexit", FaultKind.InvalidInstruction)]
    [InlineData("goto +1\nr1 = 5 ll\nexit", FaultKind.InvalidInstruction)]
    [InlineData("call #9999\nexit", FaultKind.UnknownFunction)]
    [InlineData("call kfunc#7\nexit", FaultKind.UnknownFunction)]
    [InlineData("call bpf_map_lookup_elem\nexit", FaultKind.InvalidArgument)]
    [InlineData("goto -1", FaultKind.BudgetExceeded)]
    [InlineData("call pc-1\nexit", FaultKind.CallTooDeep)]
    [InlineData("r1 = 0\ncall bpf_ktime_get_ns\nr0 = *(u8 *)(r1 + 0)\nexit", FaultKind.OutOfBounds)]
    public void Run_stops_with_a_typed_fault_that_names_the_slot(string text, FaultKind kind)
    {
        var machine = new Machine(new MachineOptions { InstructionBudget = 10_000 });
        var context = machine.Memory.Map("context", new byte[8], writable: false);
        var fault = Should.Throw<MachineFaultException>(() => machine.Run(machine.Load(AssemblyText.Parse(text), "faulty"), context));
        fault.Kind.ShouldBe(kind);
        fault.Message.ShouldContain("program 'faulty', slot");
    }

    [Fact]
    public void Calls_keep_the_callers_saved_registers_and_stack()
    {
        var machine = new Machine();
        var program = machine.Load(AssemblyText.Parse("""
            r6 = 100
            *(u64 *)(r10 - 8) = 11
            r1 = 5
            r2 = r10
            call square
            r0 += r6
            r1 = *(u64 *)(r10 - 8)
            r0 += r1
            exit
            square:
            r6 = r1
            r6 *= r6
            *(u64 *)(r10 - 8) = 77
            lock *(u64 *)(r2 - 8) += r6
            r0 = r6
            exit
            """));
        machine.Run(program).ShouldBe(25u + 100 + 11 + 25);
    }

    [Fact]
    public void Helpers_with_callbacks_run_subprograms()
    {
        var machine = new Machine();
        var array = machine.AddMap(new MapSpec { Name = "numbers", Type = MapType.Array, KeySize = 4, ValueSize = 8, MaxEntries = 4 }, descriptor: 3);
        for (var i = 0; i < 4; i++) array.Set(i, (long)(i * 10));
        var program = machine.Load(AssemblyText.Parse("""
            *(u64 *)(r10 - 8) = 0
            r1 = 10
            r2 = func(add_index) ll
            r3 = r10
            r3 += -8
            r4 = 0
            call bpf_loop
            r6 = r0
            r1 = map_fd(3) ll
            r2 = func(add_value) ll
            r3 = r10
            r3 += -8
            r4 = 0
            call bpf_for_each_map_elem
            r0 *= 1000
            r6 *= 100000
            r0 += r6
            r1 = *(u64 *)(r10 - 8)
            r0 += r1
            exit
            add_index:
            lock *(u64 *)(r2 + 0) += r1
            r0 = 0
            if r1 != 5 goto +1
            r0 = 1
            exit
            add_value:
            r1 = *(u64 *)(r3 + 0)
            lock *(u64 *)(r4 + 0) += r1
            r0 = 0
            exit
            """));
        machine.Run(program).ShouldBe(6u * 100000 + 4 * 1000 + 15 + 60);
    }

    [Fact]
    public void Tail_calls_replace_the_program_up_to_the_limit()
    {
        var machine = new Machine();
        var table = (VirtualProgramArray)machine.AddMap(new MapSpec { Name = "table", Type = MapType.ProgArray, KeySize = 4, ValueSize = 4, MaxEntries = 2 }, descriptor: 9);
        var again = machine.Load(AssemblyText.Parse("""
            r6 = *(u32 *)(r1 + 0)
            r6 += 1
            *(u32 *)(r1 + 0) = r6
            r2 = map_fd(9) ll
            r3 = 0
            call bpf_tail_call
            r0 = r6
            exit
            """), "again");
        table[0] = again;
        machine.Run(again, machine.Memory.Map("context", new byte[4])).ShouldBe(34u);
        table[0] = null;
        machine.Run(again, machine.Memory.Map("context", new byte[4])).ShouldBe(1u);
    }

    [Fact]
    public void Packet_pointers_come_from_four_byte_context_fields()
    {
        var machine = new Machine();
        var program = machine.Load(AssemblyText.Parse("""
            r2 = *(u32 *)(r1 + 0)
            r3 = *(u32 *)(r1 + 4)
            r4 = r2
            r4 += 4
            r0 = -1
            if r4 > r3 goto +2
            r0 = *(u16 *)(r2 + 2)
            r0 = be16 r0
            exit
            """));
        machine.Run(program, machine.XdpContext([1, 2, 3, 4])).ShouldBe(0x0304u);
        machine.Run(program, machine.XdpContext([1, 2, 3])).ShouldBe(ulong.MaxValue);
    }

    [Fact]
    public void Legacy_packet_loads_read_network_order_and_end_the_program_beyond_the_packet()
    {
        var machine = new Machine();
        machine.SkBuffContext([1, 2, 3, 4]);
        machine.Run(machine.Load(AssemblyText.Parse("r6 = r1\nr7 = 1\nr0 = *(u16 *)skb[r7 + 1]\nexit"))).ShouldBe(0x0304u);
        machine.Run(machine.Load(AssemblyText.Parse("r0 = *(u32 *)skb[1]\nr0 = 9\nexit"))).ShouldBe(0u);
    }

    [Fact]
    public void Ring_buffer_records_arrive_in_the_order_of_reservation_and_leaks_are_faults()
    {
        var machine = new Machine();
        var ring = (VirtualRingBuffer)machine.AddMap(new MapSpec { Name = "events", Type = MapType.RingBuffer, MaxEntries = 4096 }, descriptor: 3);
        const string Reserve = "r1 = map_fd(3) ll\nr2 = 8\nr3 = 0\ncall bpf_ringbuf_reserve\nif r0 != 0 goto +2\nr0 = 1\nexit\n*(u64 *)(r0 + 0) = 42\n";
        machine.Run(machine.Load(AssemblyText.Parse(Reserve + "r1 = r0\nr2 = 0\ncall bpf_ringbuf_submit\nr0 = 0\nexit"))).ShouldBe(0u);
        ring.Take().ShouldHaveSingleItem().ShouldBe(BitConverter.GetBytes(42L));
        machine.Run(machine.Load(AssemblyText.Parse(Reserve + "r1 = r0\nr2 = 0\ncall bpf_ringbuf_discard\nr0 = 0\nexit"))).ShouldBe(0u);
        ring.Records.ShouldBeEmpty();
        Should.Throw<MachineFaultException>(() => machine.Run(machine.Load(AssemblyText.Parse(Reserve + "r0 = 0\nexit")))).Kind.ShouldBe(FaultKind.LeakedReservation);
    }

    [Fact]
    public void Load_links_an_object_with_maps_data_and_subprograms()
    {
        var helper = new Assembler("twice") { Linkage = Linkage.Static }.Move(Register.R0, Register.R1).Add(Register.R0, Register.R1).Exit().Build();
        var entry = new Assembler("main")
            .LoadMapValue(Register.R2, ".rodata", 4).Load(AccessSize.Word, Register.R1, Register.R2)
            .Call("twice")
            .LoadMapValue(Register.R2, ".bss").Store(AccessSize.Word, Register.R2, 0, Register.R0)
            .Call("twice_again").CallExtern("my_kfunc").Exit().Build();
        var again = new Assembler("twice_again") { Linkage = Linkage.Static }.Move(Register.R1, 4).Call("twice").Exit().Build();
        var spec = new ObjectSpec { Name = "test" };
        foreach (var function in new[] { entry, helper, again }) spec.Functions.Add(function.Name, function);
        spec.Programs.Add("main", new ProgramSpec { Entry = entry });
        spec.Maps.Add(".rodata", new MapSpec { Name = ".rodata", Type = MapType.Array, KeySize = 4, ValueSize = 8, MaxEntries = 1, Flags = MapFlags.ProgramReadOnly, Data = [0, 0, 0, 0, 21, 0, 0, 0] });
        spec.Maps.Add(".bss", new MapSpec { Name = ".bss", Type = MapType.Array, KeySize = 4, ValueSize = 4, MaxEntries = 1 });
        var machine = new Machine();
        machine.Kfuncs["my_kfunc"] = (in call) => 99;
        machine.Run(machine.Load(spec, "main")).ShouldBe(99u);
        machine.Maps[".bss"].Get<int, int>(0).ShouldBe(42);
    }

    [Fact]
    public void Trace_names_every_instruction_and_the_registers_that_it_changed()
    {
        var trace = new StringWriter { NewLine = "\n" };
        var machine = new Machine(new MachineOptions { Trace = trace });
        machine.Run(machine.Load(AssemblyText.Parse("r0 = 5\nr0 += 2\nexit")));
        trace.ToString().ShouldContain("1: r0 += 2 ; r0=0x7");
    }

    [Fact]
    public void Run_of_random_bytes_ends_with_a_result_or_a_typed_fault()
    {
        var random = new Random(3);
        var opcodes = InstructionVectors.Read().Select(v => v.Code[0]).ToArray();
        for (var round = 0; round < 5000; round++)
        {
            var code = new Instruction[12];
            random.NextBytes(MemoryMarshal.AsBytes(code.AsSpan()));
            for (var i = 0; i < code.Length; i++)
            {
                if (random.Next(8) == 0) continue;
                var known = opcodes[random.Next(opcodes.Length)];
                code[i] = known with { Registers = (byte)(random.Next(11) | random.Next(11) << 4), Offset = (short)random.Next(-8, 8) };
                if (known.IsHelperCall) code[i] = known with { Immediate = random.Next(212) };
            }
            var machine = new Machine(new MachineOptions { InstructionBudget = 2000 });
            machine.AddMap(new MapSpec { Name = "map", Type = MapType.Hash, KeySize = 4, ValueSize = 8, MaxEntries = 4 }, descriptor: 5);
            var program = machine.Load(code);
            try
            {
                machine.Run(program, machine.XdpContext(new byte[64]));
            }
            catch (MachineFaultException)
            {
            }
        }
    }
}
