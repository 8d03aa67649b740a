using Shouldly;
using Skep.Bpf.Instructions;
using Xunit;

namespace Skep.Bpf.Tests;

public class AssemblyTextTests
{
    [Fact]
    public void Parse_assembles_every_vector_to_the_bytes_of_llvm()
    {
        foreach (var (code, text) in InstructionVectors.Read()) AssemblyText.Parse(text).ShouldBe(code, text);
    }

    [Fact]
    public void Parse_accepts_hexadecimal_comments_slot_numbers_labels_and_bare_helper_names() =>
        AssemblyText.Parse("""
            entry:
               0: r1 = 0x10        ; a comment
               1: if r1 == 0x10 goto done // another
            again: call bpf_ktime_get_ns
               goto again
            done: call double_it
               r2 = func(double_it) ll
               exit
            double_it:
               w0 = w1
               w0 <<= 1
               exit
            """).ShouldBe(AssemblyText.Parse("""
            r1 = 16
            if r1 == 16 goto +2
            call #5
            goto -2
            call pc+3
            r2 = func(+2) ll
            exit
            w0 = w1
            w0 <<= 1
            exit
            """));

    [Theory]
    [InlineData("r1 = w2", "32-bit and a 64-bit")]
    [InlineData("r1 = r12", "unknown operand")]
    [InlineData("r1 = 5000000000", "number between")]
    [InlineData("r1 = *(s64 *)(r2 + 0)", "no signed load")]
    [InlineData("r1 = *(u64 *)(r2 + 40000)", "number between")]
    [InlineData("goto nowhere", "label 'nowhere' is not defined")]
    [InlineData("here:\nhere: exit", "defined twice")]
    [InlineData("exit exit", "unexpected text")]
    [InlineData("r1 = -r2", "in place")]
    [InlineData("r1 = be16 r2", "in place")]
    [InlineData("nonsense", "unknown instruction")]
    [InlineData("r1 = atomic_fetch_add((u64 *)(r2 + 0), r3)", "own register")]
    public void Parse_names_line_and_cause_of_bad_text(string text, string cause)
    {
        var error = Should.Throw<BpfFormatException>(() => AssemblyText.Parse("exit\n" + text));
        error.Message.ShouldContain(cause);
        error.Message.ShouldContain("assembly line ");
    }

    [Fact]
    public void Parse_of_mangled_text_is_code_or_a_typed_error()
    {
        var random = new Random(2);
        var texts = InstructionVectors.Read().Select(v => v.Text).ToArray();
        const string Alphabet = "rw0123456789+-*/=()[]<>&|^.,:;#@ _abcdefghijklmnopqstuvxyz\n\t\u00e9";
        for (var round = 0; round < 20_000; round++)
        {
            var text = texts[random.Next(texts.Length)].ToCharArray();
            for (var edits = random.Next(1, 4); edits > 0; edits--) text[random.Next(text.Length)] = Alphabet[random.Next(Alphabet.Length)];
            var input = new string(text.AsSpan(0, random.Next(text.Length + 1))) + texts[random.Next(texts.Length)];
            try
            {
                AssemblyText.Parse(input);
            }
            catch (BpfFormatException)
            {
            }
        }
    }
}
