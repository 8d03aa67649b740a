using Shouldly;
using Xunit;

namespace Skep.Bpf.Tests.Links;

/// <summary>Prologues as compilers make them, in bytes.</summary>
public class UprobePlacementTests
{
    // SSL_write of OpenSSL 3.0 as Debian builds it: sub $0x18,%rsp; the stack guard; xor %eax,%eax; test %edx,%edx; js …
    const string SslWrite =
        "4883ec18 64488b042528000000 4889442408 31c0 85d2 782f 4889e1 4863d2 e8fdfbffff 85c0 7e03 8b0424 488b542408 64482b142528000000"
        + "7544 4883c418 31d2 31c9 31f6 31ff c3";

    [Fact]
    public void Choose_takes_the_conditional_jump_behind_the_stack_guard_of_ssl_write()
    {
        var placement = Choose(SslWrite);
        placement.Offset.ShouldBe(0x16);
        placement.IsEmulated.ShouldBeTrue();
        placement.StackAdjustment.ShouldBe(0x18);
        placement.Reason.ShouldContain("js");
        placement.Reason.ShouldContain("sub rsp,18h");
    }

    [Fact]
    public void Choose_stays_at_the_entry_when_the_stack_must_be_intact()
    {
        var placement = Choose(SslWrite, UprobePlacementMode.CheapestWithStack);
        placement.Offset.ShouldBe(0);
        placement.IsEmulated.ShouldBeFalse();
    }

    [Fact]
    public void Choose_stays_at_the_entry_when_asked_to() => Choose(SslWrite, UprobePlacementMode.Entry).Offset.ShouldBe(0);

    [Theory]
    [InlineData("55 4889e5 4157 4156 c3", 0, 0)] // getaddrinfo: push %rbp is emulated itself
    [InlineData("f30f1efa 53 4889fb 5b c3", 4, 0)] // endbr64; push %rbx
    [InlineData("0f1f440000 55 5d c3", 5, 0)] // a long nop is single-stepped by older kernels; push %rbp
    [InlineData("4883ec08 4155 415d c3", 4, 8)] // sub $8,%rsp; push %r13
    [InlineData("4883ec08 e800000000 c3", 4, 8)] // sub $8,%rsp; call: its own push of the return address is emulated
    [InlineData("85ff 0f8400000000 c3", 2, 0)] // test %edi,%edi; je near
    [InlineData("31c0 eb00 c3", 2, 0)] // xor %eax,%eax; jmp
    [InlineData("4989fa 90 c3", 3, 0)] // mov %rdi,%r10; nop
    [InlineData("48897c24f8 53 5b c3", 5, 0)] // an argument saved below the stack pointer; push %rbx
    public void Choose_finds_the_first_emulated_instruction(string code, int offset, int moved)
    {
        var placement = Choose(code);
        placement.IsEmulated.ShouldBeTrue();
        (placement.Offset, placement.StackAdjustment).ShouldBe((offset, moved));
    }

    [Theory]
    [InlineData("89f7 55 5d c3", "mov %esi,%edi changes the first argument")]
    [InlineData("4531c0 53 5b c3", "xor %r8d,%r8d changes the fifth argument")]
    [InlineData("30c9 53 5b c3", "xor %cl,%cl changes a part of the fourth argument")]
    [InlineData("488937 53 5b c3", "a store through the first argument changes what it points to")]
    [InlineData("b879000000 0f05 483d01f0ffff 7301 c3 c3", "a system call wrapper: the kernel has run before the jump")]
    [InlineData("31c0 803c0700 7405 48ffc0 ebf5 c3", "the first jump is inside a loop")]
    [InlineData("4883ec08 83ff05 7702 ffe0 c3", "a jump table hides where loops begin")]
    [InlineData("4883e4f0 53 5b c3", "and $-16,%rsp: how far the stack moved is not known")]
    [InlineData("4889f8 c3", "no emulated instruction at all")]
    [InlineData("cc 53", "a breakpoint")]
    [InlineData("f3a4 53 5b c3", "rep movsb changes arguments and memory")]
    public void Choose_stays_at_the_entry_when_nothing_later_is_equivalent(string code, string why)
    {
        var placement = Choose(code);
        placement.Offset.ShouldBe(0, why);
        placement.IsEmulated.ShouldBeFalse(why);
    }

    [Fact]
    public void Choose_accepts_a_push_of_the_frames_set_up_although_there_is_a_jump_table() =>
        Choose("f30f1efa 55 4889e5 83ff05 7702 ffe0 5d c3").Offset.ShouldBe(4);

    [Fact]
    public void Choose_stays_at_the_entry_when_the_functions_size_is_unknown() =>
        UprobePlacement.Choose([], 0x1000, UprobePlacementMode.CheapestWithRegisterArguments).Reason.ShouldContain("unknown");

    [Fact]
    public void Choose_keeps_the_registers_of_go_intact()
    {
        // cmp 0x10(%r14),%rsp; jbe: the stack check of every Go function.
        Choose("493b6610 7605 c3", isGo: true).Offset.ShouldBe(4);
        // xor %eax,%eax: nothing in C, the first argument in Go.
        Choose("31c0 53 5b c3", isGo: true).Offset.ShouldBe(0);
        Choose("31c0 53 5b c3").Offset.ShouldBe(2);
    }

    [Fact]
    public void Choose_stays_inside_the_function_whatever_the_bytes()
    {
        var random = new Random(20240501);
        var code = new byte[48];
        for (var round = 0; round < 20_000; round++)
        {
            var length = random.Next(1, code.Length);
            random.NextBytes(code);
            var placement = UprobePlacement.Choose(code.AsSpan(0, length), (ulong)random.NextInt64(), UprobePlacementMode.CheapestWithRegisterArguments);
            placement.Offset.ShouldBeInRange(0, length - 1);
        }
    }

    static UprobePlacement Choose(string hex, UprobePlacementMode mode = UprobePlacementMode.CheapestWithRegisterArguments, bool isGo = false) =>
        UprobePlacement.Choose(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), 0x35980, mode, isGo);
}
