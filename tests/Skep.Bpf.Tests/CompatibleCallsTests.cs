using Shouldly;
using Xunit;

namespace Skep.Bpf.Tests;

public class CompatibleCallsTests
{
    [Theory]
    [InlineData("quiet ia32_emulation=off panic=1\n")]
    [InlineData("ia32-emulation=0")]
    [InlineData("ia32_emulation=on ia32_emulation=N")]
    [InlineData("ia32_emulation=false ia32_emulation=perhaps")]
    [InlineData("\"ia32_emulation=off\"")]
    public void Kernel_that_was_booted_without_32_bit_programs_has_no_calls_of_them(string commandLine) =>
        CompatibleCalls.WhyOff(commandLine, isOffByDefault: false).ShouldNotBeNull().ShouldContain("ia32_emulation=off");

    [Theory]
    [InlineData("")]
    [InlineData("ia32_emulation=on")]
    [InlineData("ia32_emulation=off ia32_emulation=1")]
    [InlineData("ia32_emulation")]
    [InlineData("my.ia32_emulation=off")]
    [InlineData("quiet -- ia32_emulation=off")]
    [InlineData("note=\"a ia32_emulation=off\"")]
    public void Kernel_that_was_not_has_them(string commandLine) => CompatibleCalls.WhyOff(commandLine, isOffByDefault: false).ShouldBeNull();

    [Fact]
    public void Kernel_that_has_them_off_by_default_has_them_when_its_command_line_says_so()
    {
        CompatibleCalls.WhyOff("quiet", isOffByDefault: true).ShouldNotBeNull().ShouldContain("CONFIG_IA32_EMULATION_DEFAULT_DISABLED");
        CompatibleCalls.WhyOff("ia32_emulation=on", isOffByDefault: true).ShouldBeNull();
    }
}
