using Shouldly;
using Skep.Bpf.Instructions;
using Xunit;

namespace Skep.Bpf.Tests;

public class CoreRelocatorTests
{
    const string Local = """
        [1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
        [2] STRUCT 'thing' size=8 vlen=2
        	'a' type_id=1 bits_offset=0
        	'b' type_id=1 bits_offset=32
        [3] STRUCT '(anon)' size=4 vlen=1
        	'a' type_id=1 bits_offset=0
        [4] ENUM 'choice' encoding=UNSIGNED size=4 vlen=1
        	'YES' val=4294967295
        """;

    const string Target = """
        [1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
        [2] STRUCT 'thing' size=12 vlen=1
        	'a' type_id=1 bits_offset=64
        """;

    static CoreRelocation Offset(string accessor, uint type = 2) => new(0, type, accessor, CoreRelocationKind.FieldByteOffset);

    [Fact]
    public void Resolve_refuses_candidates_that_disagree()
    {
        var relocator = Relocator(Target + "\n[3] STRUCT 'thing' size=4 vlen=1\n\t'a' type_id=1 bits_offset=0");
        Should.Throw<BpfFormatException>(() => relocator.Resolve(Offset("0:0"))).Message.ShouldContain("ambiguous");
    }

    [Fact]
    public void Resolve_accepts_candidates_that_agree()
    {
        var relocator = Relocator(Target + "\n[3] STRUCT 'thing___other' size=16 vlen=1\n\t'a' type_id=1 bits_offset=64");
        relocator.Resolve(Offset("0:0")).Value.ShouldBe(8u);
    }

    [Fact]
    public void Resolve_stays_with_the_candidate_that_had_the_first_member()
    {
        var relocator = Relocator("""
            [1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
            [2] STRUCT 'thing' size=8 vlen=1
            	'b' type_id=1 bits_offset=32
            [3] STRUCT 'thing' size=16 vlen=2
            	'b' type_id=1 bits_offset=64
            	'a' type_id=1 bits_offset=96
            """);
        relocator.Resolve(Offset("0:0")).Value.ShouldBe(12u);
        relocator.Resolve(Offset("0:1")).Value.ShouldBe(8u);
    }

    [Fact]
    public void Resolve_looks_into_modules_only_when_the_kernel_has_no_candidate()
    {
        var kernel = BtfText.Parse("[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED");
        var opened = 0;
        IEnumerable<Btf> Modules()
        {
            opened++;
            yield return BtfText.Parse("[2] STRUCT 'thing' size=40 vlen=1\n\t'a' type_id=1 bits_offset=256", kernel);
        }
        var targets = new CoreTargets(kernel, Modules());
        var relocator = new CoreRelocator(BtfText.Parse(Local), targets);
        relocator.Resolve(new(0, 1, "0", CoreRelocationKind.TypeExists)).Value.ShouldBe(1u);
        opened.ShouldBe(0);
        var result = relocator.Resolve(Offset("0:0"));
        result.Value.ShouldBe(32u);
        result.Target.Id.ShouldBe(2u);
        relocator.Resolve(Offset("0:0")).Value.ShouldBe(32u);
        opened.ShouldBe(1);
    }

    [Fact]
    public void Resolve_needs_no_kernel_for_local_ids()
    {
        var result = new CoreRelocator(BtfText.Parse(Local), CoreTargets.None).Resolve(new(0, 2, "0", CoreRelocationKind.LocalTypeId));
        result.Value.ShouldBe(2u);
        result.IsPoisoned.ShouldBeFalse();
    }

    [Theory]
    [InlineData("", 2u, "access path")]
    [InlineData("0:x", 2u, "access path")]
    [InlineData("0:-1", 2u, "access path")]
    [InlineData("0:99999999999", 2u, "access path")]
    [InlineData("0:2", 2u, "no member 2")]
    [InlineData("0:0:0", 2u, "no members")]
    [InlineData("0:0", 99u, "out of range")]
    [InlineData("0:0", 3u, "anonymous")]
    public void Resolve_names_what_is_wrong_with_a_relocation(string accessor, uint type, string reason) =>
        Should.Throw<BpfFormatException>(() => Relocator(Target).Resolve(Offset(accessor, type))).Message.ShouldContain(reason);

    [Fact]
    public void Resolve_refuses_kinds_that_do_not_fit_the_type()
    {
        var relocator = Relocator(Target);
        Should.Throw<BpfFormatException>(() => relocator.Resolve(new(0, 2, "0", CoreRelocationKind.EnumValue)));
        Should.Throw<BpfFormatException>(() => relocator.Resolve(new(0, 4, "1", CoreRelocationKind.EnumValue)));
        Should.Throw<BpfFormatException>(() => relocator.Resolve(new(0, 2, "0:1", CoreRelocationKind.TypeSize)));
        Should.Throw<BpfFormatException>(() => relocator.Resolve(new(0, 2, "0", (CoreRelocationKind)13)));
        Should.Throw<BpfFormatException>(() => relocator.Resolve(new(0, 2, "0", CoreRelocationKind.FieldSigned)));
    }

    [Fact]
    public void Apply_checks_that_the_compiler_left_what_its_types_say()
    {
        Instruction[] code = [new((byte)InstructionClass.Alu64 | OpCode.Move, Register.R1, default, immediate: 77)];
        Should.Throw<BpfFormatException>(() => Relocator(Target).Apply(code, [Offset("0:0")], [], "f")).Message.ShouldContain("holds 77");
    }

    [Fact]
    public void Apply_poisons_both_slots_of_a_wide_load_and_tells_why()
    {
        Instruction[] code = [new(OpCode.LoadImmediate64, Register.R1, default, immediate: 4), default];
        var poisons = new List<CorePoison>();
        Relocator(Target).Apply(code, [Offset("0:1")], poisons, "f");
        code.ShouldAllBe(slot => slot.IsHelperCall && slot.Immediate == CorePoison.Immediate);
        poisons.Single().Description.ShouldBe("struct thing.b (0:1 at offset 4)");
        poisons.Single().Index.ShouldBe(0);
    }

    [Theory]
    [InlineData(OpCode.ExitInstruction)]
    [InlineData((byte)InstructionClass.Alu64 | OpCode.Add | OpCode.SourceRegister)]
    [InlineData(OpCode.LoadImmediate64)]
    public void Apply_refuses_instructions_that_hold_no_operand(byte opcode)
    {
        Instruction[] code = [new(opcode, default, default)];
        Should.Throw<BpfFormatException>(() => Relocator(Target).Apply(code, [Offset("0:0")], []));
        Should.Throw<BpfFormatException>(() => Relocator(Target).Apply(default, [Offset("0:0")], []));
    }

    [Fact]
    public void Apply_refuses_an_offset_that_no_instruction_can_hold()
    {
        Instruction[] code = [new((byte)InstructionClass.LoadMemory | OpCode.ModeMemory | OpCode.Word, Register.R0, Register.R1)];
        var far = Target.Replace("bits_offset=64", "bits_offset=320000", StringComparison.Ordinal);
        Should.Throw<BpfFormatException>(() => Relocator(far).Apply(code, [Offset("0:0")], [])).Message.ShouldContain("16 bits");
    }

    [Fact]
    public void Apply_keeps_the_sign_of_an_enumerator_that_btf_lost()
    {
        Instruction[] code = [new(OpCode.LoadImmediate64, Register.R1, default, immediate: -1), new(0, default, default, immediate: -1)];
        var target = "[1] ENUM 'choice' encoding=UNSIGNED size=4 vlen=1\n\t'YES' val=4294967294";
        new CoreRelocator(BtfText.Parse(Local), new CoreTargets(BtfText.Parse(target))).Apply(code, [new(0, 4, "0", CoreRelocationKind.EnumValue)], []);
        code[0].Immediate.ShouldBe(-2);
        code[1].Immediate.ShouldBe(-1);
    }

    [Fact]
    public void Resolve_gives_up_on_types_that_would_take_forever()
    {
        // 32 levels of two anonymous members each: 2^32 ways to look for a member that is not there.
        var builder = new BtfBuilder();
        var inner = builder.AddInt("int", 4);
        for (var level = 0; level < 30; level++) inner = builder.AddUnion(level == 29 ? "thing" : "", 4, builder.Member("", inner, 0), builder.Member("", inner, 0));
        builder.SetName(inner, "thing");
        var target = builder.Build();
        var local = BtfText.Parse("[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n[2] UNION 'thing' size=4 vlen=1\n\t'a' type_id=1 bits_offset=0");
        Should.Throw<BpfFormatException>(() => new CoreRelocator(local, new CoreTargets(target)).Resolve(Offset("0:0"))).Message.ShouldContain("too long");
    }

    static CoreRelocator Relocator(string target) => new(BtfText.Parse(Local), new CoreTargets(BtfText.Parse(target)));
}
