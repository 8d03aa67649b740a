using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Shouldly;
using Xunit;

namespace Skep.Bpf.Tests.Links;

public class UsdtArgumentTests
{
    [Theory]
    [InlineData("8@%rdi", 8, false, UsdtArgumentKind.Register, 112, 0L)]
    [InlineData("-4@%edi", 4, true, UsdtArgumentKind.Register, 112, 0L)]
    [InlineData("2@%r9w", 2, false, UsdtArgumentKind.Register, 64, 0L)]
    [InlineData("1@%sil", 1, false, UsdtArgumentKind.Register, 104, 0L)]
    [InlineData("1@%ah", 1, false, UsdtArgumentKind.Register, 81, 0L)]
    [InlineData("-4@$-5", 4, true, UsdtArgumentKind.Constant, 0, -5L)]
    [InlineData("8@$0x10", 8, false, UsdtArgumentKind.Constant, 0, 16L)]
    [InlineData("8@-8(%rbp)", 8, false, UsdtArgumentKind.Memory, 32, -8L)]
    [InlineData("8@(%rsp)", 8, false, UsdtArgumentKind.Memory, 152, 0L)]
    [InlineData("-8@16(%r12)", 8, true, UsdtArgumentKind.Memory, 24, 16L)]
    public void Parse_reads_x64_operands(string text, int size, bool signed, UsdtArgumentKind kind, int register, long value)
    {
        var argument = UsdtArgumentParser.Parse(text, Architecture.X64).ShouldHaveSingleItem();
        argument.Kind.ShouldBe(kind);
        ((int)argument.Size, argument.IsSigned, argument.Value).ShouldBe((size, signed, value));
        if (kind != UsdtArgumentKind.Constant) ((int)argument.Register).ShouldBe(register);
        argument.IndexRegister.ShouldBe(UsdtArgument.NoRegister);
    }

    [Fact]
    public void Parse_reads_an_index_and_its_scale()
    {
        var argument = UsdtArgumentParser.Parse("4@8(%rax,%rbx,4)", Architecture.X64).ShouldHaveSingleItem();
        argument.Kind.ShouldBe(UsdtArgumentKind.Memory);
        ((int)argument.Register, (int)argument.IndexRegister, (int)argument.IndexShift, argument.Value).ShouldBe((80, 40, 2, 8L));
    }

    [Theory]
    [InlineData("-4@w0", 4, UsdtArgumentKind.Register, 0, 0L)]
    [InlineData("8@x30", 8, UsdtArgumentKind.Register, 240, 0L)]
    [InlineData("8@[sp, 16]", 8, UsdtArgumentKind.Memory, 248, 16L)]
    [InlineData("8@[x1]", 8, UsdtArgumentKind.Memory, 8, 0L)]
    [InlineData("4@[x2, -8]", 4, UsdtArgumentKind.Memory, 16, -8L)]
    [InlineData("8@7", 8, UsdtArgumentKind.Constant, 0, 7L)]
    public void Parse_reads_arm64_operands(string text, int size, UsdtArgumentKind kind, int register, long value)
    {
        var argument = UsdtArgumentParser.Parse(text, Architecture.Arm64).ShouldHaveSingleItem();
        (argument.Kind, (int)argument.Size, argument.Value).ShouldBe((kind, size, value));
        if (kind != UsdtArgumentKind.Constant) ((int)argument.Register).ShouldBe(register);
    }

    [Theory]
    [InlineData("8f@%xmm0")]
    [InlineData("8@%xmm0")]
    [InlineData("8@symbol(%rip)")]
    [InlineData("8@(,%rax,8)")]
    [InlineData("3@%rax")]
    [InlineData("8@")]
    [InlineData("nonsense")]
    public void Parse_keeps_the_place_of_an_argument_that_it_cannot_read(string text)
    {
        var arguments = UsdtArgumentParser.Parse($"{text} 8@%rsi", Architecture.X64);
        arguments.Count.ShouldBe(2);
        arguments[0].Kind.ShouldBe(UsdtArgumentKind.Unsupported);
        arguments[1].Kind.ShouldBe(UsdtArgumentKind.Register);
    }

    [Fact]
    public void Layout_is_that_of_the_c_header()
    {
        Unsafe.SizeOf<UsdtArgument>().ShouldBe(16);
        var probe = new UsdtProbe("p", "n", 0, 0, "", UsdtArgumentParser.Parse("-4@8(%rax,%rbx,4)", Architecture.X64));
        var bytes = UsdtSpecTable.Encode(probe, cookie: 0x1122);
        bytes.Length.ShouldBe(208);
        bytes[..2].ShouldBe([0x22, 0x11]);
        bytes[8].ShouldBe((byte)1);
        bytes[16..32].ShouldBe([8, 0, 0, 0, 0, 0, 0, 0, 80, 0, 40, 0, 2, 4, 1, 2]);
    }
}
