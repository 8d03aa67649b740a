using Shouldly;
using Skep.Bpf.Instructions;
using Xunit;
using static Skep.Bpf.Instructions.Register;

namespace Skep.Bpf.Tests;

public class AssemblerTests
{
    [Fact]
    public void Build_resolves_forward_and_backward_labels()
    {
        var a = new Assembler("count_down");
        var done = a.NewLabel();
        a.Move(R0, 10)
            .Bind(out var again)
            .JumpIf(R0, Comparison.Equal, 0, done)
            .Subtract(R0, 1)
            .Jump(again)
            .Bind(done)
            .Exit();
        InstructionVectors.Text(a.Build().Instructions).ShouldBe("r0 = 10\nif r0 == 0 goto +2\nr0 -= 1\ngoto -3\nexit");
    }

    [Fact]
    public void Every_method_emits_the_instruction_that_its_name_says()
    {
        var a = new Assembler("all");
        a.Move(R1, R2).Move(R1, -1).Move32(R1, R2).Move32(R1, 7).MoveSigned(AccessSize.Byte, R1, R2)
            .Constant(R1, 5).Constant(R1, 0xffffffff).Constant(R1, long.MinValue)
            .Add(R1, R2).Subtract(R1, 1).Multiply32(R1, R2).Divide32(R1, 3).Modulo(R1, R2).Or(R1, 1).And32(R1, 1).Xor(R1, R2)
            .ShiftLeft(R1, 3).ShiftRight(R1, R2).ShiftRightArithmetic32(R1, 4).DivideSigned(R1, R2).ModuloSigned32(R1, 9)
            .Negate(R1).Negate32(R1).ToBigEndian(R1, 16).ToLittleEndian(R1, 64).ByteSwap(R1, 32).CastAddressSpace(R1, R2, 0, 1)
            .Load(AccessSize.Word, R1, R2, 8).LoadSigned(AccessSize.Half, R1, R2, -2).Store(AccessSize.Byte, R10, -1, R1).Store(AccessSize.Double, R10, -8, 3)
            .Atomic(AtomicOperation.Add, AccessSize.Word, R1, 4, R2).Atomic(AtomicOperation.CompareExchange, AccessSize.Double, R1, 0, R2)
            .LoadAcquire(AccessSize.Byte, R1, R2).StoreRelease(AccessSize.Double, R1, 8, R2)
            .LoadPacket(AccessSize.Half, 12).LoadPacket(AccessSize.Byte, R7, 2)
            .Call(HelperFunction.KtimeGetNs).Exit();
        InstructionVectors.Text(a.Build().Instructions).ShouldBe("""
            r1 = r2
            r1 = -1
            w1 = w2
            w1 = 7
            r1 = (s8)r2
            r1 = 5
            w1 = -1
            r1 = 0x8000000000000000 ll
            r1 += r2
            r1 -= 1
            w1 *= w2
            w1 /= 3
            r1 %= r2
            r1 |= 1
            w1 &= 1
            r1 ^= r2
            r1 <<= 3
            r1 >>= r2
            w1 s>>= 4
            r1 s/= r2
            w1 s%= 9
            r1 = -r1
            w1 = -w1
            r1 = be16 r1
            r1 = le64 r1
            r1 = bswap32 r1
            r1 = addr_space_cast(r2, 0, 1)
            r1 = *(u32 *)(r2 + 8)
            r1 = *(s16 *)(r2 - 2)
            *(u8 *)(r10 - 1) = r1
            *(u64 *)(r10 - 8) = 3
            lock *(u32 *)(r1 + 4) += w2
            r0 = cmpxchg_64(r1 + 0, r0, r2)
            w1 = load_acquire((u8 *)(r2 + 0))
            store_release((u64 *)(r1 + 8), r2)
            r0 = *(u16 *)skb[12]
            r0 = *(u8 *)skb[r7 + 2]
            call bpf_ktime_get_ns#5
            exit
            """);
    }

    [Fact]
    public void Build_keeps_references_and_source_lines_beside_the_code()
    {
        var function = new Assembler("refers") { Linkage = Linkage.Static }
            .Line("a.cs", 3, "lookup")
            .LoadMap(R1, "events")
            .LoadMapValue(R2, ".bss", 16)
            .Line("a.cs", 4, "call")
            .LoadFunction(R3, "callback").Call("worker").CallExtern("bpf_task_release").LoadExtern(R4, "jiffies")
            .Exit()
            .Build();
        function.Linkage.ShouldBe(Linkage.Static);
        function.Relocations.ShouldBe(
        [
            new Relocation(0, RelocationKind.Map, "events"),
            new Relocation(2, RelocationKind.MapValue, ".bss", 16),
            new Relocation(4, RelocationKind.FunctionAddress, "callback"),
            new Relocation(6, RelocationKind.Call, "worker"),
            new Relocation(7, RelocationKind.ExternCall, "bpf_task_release"),
            new Relocation(8, RelocationKind.Extern, "jiffies"),
        ]);
        function.Lines.Select(l => (l.Index, l.Line)).ShouldBe([(0, 3), (4, 4)]);
    }

    [Fact]
    public void Build_turns_jumps_beyond_16_bits_into_long_jumps_and_moves_everything_behind_them()
    {
        var a = new Assembler("far");
        var end = a.NewLabel();
        a.JumpIf(R1, Comparison.SignedLess, R2, end).JumpIf32(R1, Comparison.AnyBitSet, 4, end).Jump(end);
        for (var i = 0; i < 40_000; i++) a.Move(R0, i);
        a.Line("far.cs", 1).LoadMap(R1, "m").Bind(end).Exit();
        var function = a.Build();
        InstructionVectors.Text(function.Instructions.AsSpan(0, 6)).ShouldBe(
            "if r1 s>= r2 goto +1\ngotol +40006\nif w1 & 4 goto +1\ngoto +1\ngotol +40003\ngotol +40002");
        function.Relocations[0].Index.ShouldBe(40_006);
        function.Lines[0].Index.ShouldBe(40_006);
        function.Instructions[^1].Code.ShouldBe(OpCode.ExitInstruction);
    }

    [Fact]
    public void Call_of_a_label_is_relative_to_the_next_slot()
    {
        var a = new Assembler("pair");
        var callee = a.NewLabel();
        a.Call(callee).Exit().Bind(callee).Move(R0, 1).Exit();
        InstructionVectors.Text(a.Build().Instructions).ShouldBe("call pc+1\nexit\nr0 = 1\nexit");
    }

    [Fact]
    public void Mistakes_with_labels_are_named()
    {
        var a = new Assembler("wrong");
        var label = a.NewLabel();
        a.Jump(label).Exit();
        Should.Throw<InvalidOperationException>(() => a.Build()).Message.ShouldContain("not bound");
        a.Bind(label);
        Should.Throw<InvalidOperationException>(() => a.Bind(label)).Message.ShouldContain("bound twice");
        Should.Throw<ArgumentException>(() => a.Jump(default));
    }
}
