using System.Runtime.InteropServices;
using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Bpf.Interop;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

public class UserRingBufferTests
{
    static BpfMap CreateRing(uint size = 4096) => BpfMap.Create(new MapSpec { Name = "inbox", Type = MapType.UserRingBuffer, MaxEntries = size });

    /// <summary>Drains the ring and adds the first 8 bytes of each record to <paramref name="sum"/>; returns the number of records.</summary>
    static BpfProgram Drainer(BpfMap ring, BpfMap sum)
    {
        // Callbacks need function information: both functions return int and take nothing that the kernel would check.
        var types = new BtfBuilder();
        var prototype = types.AddFunctionPrototype(types.AddInt("int", 4, isSigned: true));
        ReadOnlySpan<uint> functions = [0, types.AddFunction("drain", prototype, Linkage.Static), 8, types.AddFunction("take", prototype, Linkage.Static)];
        using var btf = new FileDescriptor(BtfCommands.Load(types.Serialise()));
        return BpfProgram.Load(new ProgramImage
        {
            Name = "drain",
            Type = ProgramType.SocketFilter,
            Instructions = Instructions(ring, sum),
            BtfFd = btf.Value,
            FuncInfo = MemoryMarshal.AsBytes(functions).ToArray(),
        });
    }

    static Instruction[] Instructions(BpfMap ring, BpfMap sum) =>
    [
        .. Code.Map(Register.R1, ring),
        .. Code.Wide(Register.R2, OpCode.PseudoFunction, 5), // the callback, counted from the second slot of this load
        Code.Move(Register.R3, 0),
        Code.Move(Register.R4, 0),
        Code.Call(HelperFunction.UserRingbufDrain),
        Code.Exit,
        // long take(struct bpf_dynptr *record, void *context)
        Code.Move(Register.R3, Register.R1),
        Code.Move(Register.R1, Register.R10),
        Code.Add(Register.R1, -8),
        Code.Move(Register.R2, 8),
        Code.Move(Register.R4, 0),
        Code.Move(Register.R5, 0),
        Code.Store(Register.R10, -8, 0, OpCode.Double),
        Code.Call(HelperFunction.DynptrRead),
        Code.Load(Register.R1, Register.R10, -8),
        .. Code.MapValue(Register.R2, sum),
        Code.Load(Register.R3, Register.R2, 0),
        new((int)InstructionClass.Alu64 | OpCode.Add | OpCode.SourceRegister, Register.R3, Register.R1),
        Code.Store(Register.R2, 0, Register.R3),
        Code.Move(Register.R0, 0),
        Code.Exit,
    ];

    [KernelFact(KernelFeature.UserRingBuffer)]
    public void A_program_takes_what_was_submitted_and_skips_what_was_discarded()
    {
        using var map = CreateRing();
        using var sum = BpfMap.CreateArray<long>(1, "sum");
        using var program = Drainer(map, sum.Map);
        using var writer = new UserRingBufferWriter(map);
        writer.TryWrite(BitConverter.GetBytes(5L)).ShouldBeTrue();
        writer.TryReserve(8, out var dropped).ShouldBeTrue();
        MemoryMarshal.Write(dropped.Data, 1000L);
        dropped.Discard();
        writer.TryReserve(8, out var kept).ShouldBeTrue();
        MemoryMarshal.Write(kept.Data, 7L);
        kept.Submit();
        Code.Run(program).ShouldBe(2u);
        sum[0].ShouldBe(12);
        writer.Records.ShouldBe(2);
    }

    [KernelFact(KernelFeature.UserRingBuffer)]
    public void A_full_ring_refuses_until_a_program_drains_it()
    {
        using var map = CreateRing();
        using var sum = BpfMap.CreateArray<long>(1, "sum");
        using var program = Drainer(map, sum.Map);
        using var writer = new UserRingBufferWriter(map);
        var written = 0;
        while (writer.TryWrite(new byte[56])) written++;
        written.ShouldBe(4096 / 64);
        writer.Lost.ShouldBe(1);
        writer.TryReserve(56, TimeSpan.FromMilliseconds(2), out _).ShouldBeFalse();
        Code.Run(program).ShouldBe((uint)written);
        writer.TryReserve(56, TimeSpan.FromSeconds(10), out var record).ShouldBeTrue();
        record.Submit();
        Should.Throw<ArgumentOutOfRangeException>(() => writer.TryReserve(4090, out _));
    }
}
