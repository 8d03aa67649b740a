using System.Runtime.InteropServices;
using Shouldly;
using Skep.Engine.Hooks;
using Xunit;

namespace Skep.Engine.Tests.Hooks;

public class SyscallTableTests
{
    [Theory]
    [InlineData(Architecture.X64, "read", 0)]
    [InlineData(Architecture.X64, "execve", 59)]
    [InlineData(Architecture.X64, "openat", 257)]
    [InlineData(Architecture.X64, "rseq", 334)]
    [InlineData(Architecture.X64, "pidfd_send_signal", 424)]
    [InlineData(Architecture.X64, "set_mempolicy_home_node", 450)]
    [InlineData(Architecture.X64, "mseal", 462)]
    [InlineData(Architecture.Arm64, "io_setup", 0)]
    [InlineData(Architecture.Arm64, "openat", 56)]
    [InlineData(Architecture.Arm64, "newfstatat", 79)]
    [InlineData(Architecture.Arm64, "mmap", 222)]
    [InlineData(Architecture.Arm64, "clone3", 435)]
    [InlineData(Architecture.X86, "exit", 1)]
    [InlineData(Architecture.X86, "open", 5)]
    [InlineData(Architecture.X86, "clock_gettime64", 403)]
    public void Number_of_a_name_and_back(Architecture architecture, string name, int number)
    {
        SyscallTable.TryGetNumber(architecture, name, out var found).ShouldBeTrue();
        found.ShouldBe(number);
        SyscallTable.NameOf(architecture, number).ShouldBe(name);
    }

    [Theory]
    [InlineData(Architecture.Arm64, "open")]
    [InlineData(Architecture.X64, "sys_read")]
    [InlineData(Architecture.X64, "")]
    public void Unknown_name_has_no_number(Architecture architecture, string name) => SyscallTable.TryGetNumber(architecture, name, out _).ShouldBeFalse();

    [Fact]
    public void Unknown_number_has_no_name()
    {
        SyscallTable.NameOf(Architecture.X64, 400).ShouldBeNull();
        SyscallTable.NameOf(Architecture.X64, -1).ShouldBeNull();
    }

    [Fact]
    public void Running_architecture_is_meant_by_default()
    {
        SyscallTable.TryGetNumber("getpid", out var number).ShouldBeTrue();
        SyscallTable.NameOf(number).ShouldBe("getpid");
        SyscallTable.Names.ShouldBe(SyscallTable.NamesOf(RuntimeInformation.ProcessArchitecture));
    }
}
