using System.Runtime.InteropServices;
using System.Text;
using Shouldly;
using Skep.Bpf.Instructions;
using Xunit;

namespace Skep.Bpf.Tests;

public class DisassemblerTests
{
    [Fact]
    public void Format_prints_every_vector_as_llvm_does()
    {
        var count = 0;
        foreach (var (code, text) in InstructionVectors.Read())
        {
            InstructionVectors.Text(code).ShouldBe(text);
            count++;
        }
        count.ShouldBeGreaterThan(300);
    }

    [Fact]
    public void Format_of_random_slots_always_assembles_to_the_same_bytes()
    {
        var random = new Random(1);
        for (var round = 0; round < 3000; round++)
        {
            var code = new Instruction[8];
            random.NextBytes(MemoryMarshal.AsBytes(code.AsSpan()));
            // Half of the slots keep a plausible shape, so that more than raw slots is met.
            for (var i = 0; i < code.Length; i += 2)
            {
                var (registers, offset, immediate) = (random.Next(3), random.Next(3), random.Next(4));
                code[i] = code[i] with
                {
                    Registers = registers == 0 ? code[i].Registers : (byte)(random.Next(11) | (registers == 1 ? 0 : random.Next(11) << 4)),
                    Offset = offset == 0 ? code[i].Offset : (short)random.Next(-1, 3),
                    Immediate = immediate == 0 ? code[i].Immediate : immediate == 1 ? 0 : random.Next(-1, 0x112),
                };
            }
            var text = InstructionVectors.Text(code);
            AssemblyText.Parse(text).ShouldBe(code, text);
        }
    }

    [Fact]
    public void WriteListing_shows_functions_source_lines_and_references_and_parses_again()
    {
        var function = new FunctionSpec
        {
            Name = "count",
            Instructions = AssemblyText.Parse("r1 = map_fd(0) ll\nr2 = r10\nr2 += -4\ncall bpf_map_lookup_elem#1\nexit"),
            Relocations = [new Relocation(0, RelocationKind.Map, "events")],
            Lines = [new LineInfo(0, "count.c", "value = bpf_map_lookup_elem(&events, &key);", 12, 1), new LineInfo(5, "count.c", "return 0;", 13, 1)],
        };
        var output = new StringWriter();
        Disassembler.WriteListing(function, output);
        output.ToString().ShouldBe("""
            count:
            ; value = bpf_map_lookup_elem(&events, &key); @ count.c:12
               0: r1 = map_fd(0) ll ; events
               2: r2 = r10
               3: r2 += -4
               4: call bpf_map_lookup_elem#1
            ; return 0; @ count.c:13
               5: exit

            """);
        AssemblyText.Parse(output.ToString()).ShouldBe(function.Instructions);
    }

    [Fact]
    public void KernelName_is_the_name_in_C() =>
        (HelperFunction.MapLookupElem.KernelName(), HelperFunction.GetPrandomU32.KernelName(), ((HelperFunction)9999).KernelName())
            .ShouldBe(("bpf_map_lookup_elem", "bpf_get_prandom_u32", null));
}
