using Shouldly;
using Xunit;

namespace Skep.Bpf.Tests;

public class VerifierLogTests
{
    const string New = """
        func#0 @0
        func#1 @3
        0: R1=ctx() R10=fp0
        ; return read_unchecked(3); @ load_bad.bpf.c:24
        0: (b4) w1 = 3                        ; R1_w=3
        1: (85) call pc+1
        caller:
         R10=fp0
        callee:
         frame1: R1=3 R10=fp0
        3: frame1: R1=3 R10=fp0
        ; static __noinline u64 read_unchecked(u32 key) @ load_bad.bpf.c:13
        3: (63) *(u32 *)(r10 -4) = r1         ; frame1: R1=3 R10=fp0 fp-8=3????
        4: (85) call bpf_map_lookup_elem#1    ; frame1: R0_w=map_value_or_null(id=1,map=table,ks=4,vs=8)
        ; return *value; /* the line at fault */ @ load_bad.bpf.c:17
        8: (79) r0 = *(u64 *)(r0 +0)
        R0 invalid mem access 'map_value_or_null'
        verification time 61 usec
        stack depth 0+8
        processed 9 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 2 mark_read 0

        """;

    const string Old = """
        ; int handle(void *ctx)
        0: (b7) r1 = 0
        1: (63) *(u32 *)(r10 -4) = r1
        last_idx 1 first_idx 0
        regs=2 stack=0 before 0: (b7) r1 = 0
        4: R0_w=map_value_or_null(id=1,off=0,ks=4,vs=8,imm=0) R10=fp0 fp-8=mmmm????
        ; return *value;
        4: (79) r0 = *(u64 *)(r0 +0)
        R0 invalid mem access 'map_value_or_null'
        processed 5 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
        """;

    [Fact]
    public void Parse_finds_instruction_source_registers_and_statistics_in_a_new_log()
    {
        var log = VerifierLog.Parse(New);
        log.LastInstruction.ShouldBe(8);
        log.LastInstructionText.ShouldBe("(79) r0 = *(u64 *)(r0 +0)");
        log.LastSource.ShouldBe(new SourcePosition("load_bad.bpf.c", 17, "return *value; /* the line at fault */"));
        log.Registers["R0"].ShouldBe("map_value_or_null(id=1,map=table,ks=4,vs=8)");
        log.Registers["fp-8"].ShouldBe("3????");
        log.Messages.ShouldBe(["R0 invalid mem access 'map_value_or_null'"]);
        log.Statistics!.ProcessedInstructions.ShouldBe(9);
        log.Statistics.PeakStates.ShouldBe(2);
        log.Statistics.StackDepths.ShouldBe([0, 8]);
        log.Statistics.Duration.ShouldBe(TimeSpan.FromMicroseconds(61));
    }

    [Fact]
    public void Parse_finds_the_same_in_the_words_of_an_old_kernel()
    {
        var log = VerifierLog.Parse(Old);
        log.LastInstruction.ShouldBe(4);
        log.LastSource.ShouldBe(new SourcePosition("", 0, "return *value;"));
        log.Registers["R0"].ShouldBe("map_value_or_null(id=1,off=0,ks=4,vs=8,imm=0)");
        log.Messages.Count.ShouldBe(1);
    }

    [Fact]
    public void Source_lines_of_an_old_log_get_file_and_line_from_the_programs_own_table()
    {
        LineInfo[] lines = [new(0, "a.bpf.c", "int handle(void *ctx)", 10, 1), new(4, "a.bpf.c", "return *value;", 12, 9)];
        var error = new VerifierException("load", 13, VerifierLog.Parse(Old), lines);
        error.SourceLine.ShouldBe(new SourcePosition("a.bpf.c", 12, "return *value;"));
        error.Message.ShouldContain("a.bpf.c:12: return *value;");
        error.Message.ShouldContain("R0=map_value_or_null");
    }

    [Fact]
    public void Lines_tells_every_line_apart()
    {
        VerifierLog.Parse(New).Lines().Select(l => l.Kind).Distinct().Count().ShouldBe(6);
        VerifierLog.Parse(Old).Lines().Count(l => l.Kind == VerifierLogLineKind.Trace).ShouldBe(2);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("something that no kernel has said yet\nfrom the future: R99=what(\n7: ((((\n; @ :\n; x @ y:z\n12:\nframe9: R1")]
    [InlineData("99999999999999999999: (b7) r0 = 0\nprocessed many insns\nstack depth a+b\n")]
    public void Parse_takes_anything_without_failing(string text)
    {
        var log = VerifierLog.Parse(text);
        var error = new VerifierException("load", 22, log, []);
        error.Kind.ShouldBe(VerifierFailureKind.Unknown);
        error.Message.ShouldStartWith("load: EINVAL");
        error.Log.ShouldBe(text);
    }

    [Fact]
    public void An_unknown_message_is_still_shown()
    {
        var error = new VerifierException("load", 22, VerifierLog.Parse("3: (95) exit\nthe moon is in the wrong house\n"), []);
        error.Kind.ShouldBe(VerifierFailureKind.Unknown);
        error.Reason.ShouldBe("the moon is in the wrong house");
        error.Message.ShouldContain("the moon is in the wrong house");
    }

    [Fact]
    public void What_could_not_be_resolved_is_named_where_the_verifier_reaches_it()
    {
        var log = VerifierLog.Parse("7: (85) call unknown#195896080\ninvalid func unknown#195896080\n");
        var error = new VerifierException("load", 22, log, [], new Dictionary<int, string> { [7] = "struct task_struct.state" });
        error.Kind.ShouldBe(VerifierFailureKind.PoisonedCoreRelocation);
        error.Explanation!.ShouldContain("struct task_struct.state");
    }
}
