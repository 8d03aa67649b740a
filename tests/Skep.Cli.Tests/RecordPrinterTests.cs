using Shouldly;
using Skep.Cli.Bpf;
using Xunit;

namespace Skep.Cli.Tests;

public class RecordPrinterTests
{
    [Fact]
    public void HexDump_shows_bytes_and_what_is_printable() =>
        RecordPrinter.HexDump("Hello\0\u0001World and more"u8).ShouldBe(
            "\n  0000  48 65 6c 6c 6f 00 01 57 6f 72 6c 64 20 61 6e 64  Hello..World and\n  0010  20 6d 6f 72 65                                    more");

    [Theory]
    [InlineData("SchedCls", "sched_cls")]
    [InlineData("CgroupInet4Connect", "cgroup_inet4_connect")]
    [InlineData("LwtSeg6local", "lwt_seg6local")]
    public void Snake_spells_names_as_the_kernel_does(string name, string expected) => KernelNames.Snake(name).ShouldBe(expected);
}
