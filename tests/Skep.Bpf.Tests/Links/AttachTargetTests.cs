using Shouldly;
using Xunit;

namespace Skep.Bpf.Tests.Links;

public class AttachTargetTests
{
    [Theory]
    [InlineData("tcp_sendmsg", "tcp_*", true)]
    [InlineData("tcp_sendmsg", "*msg", true)]
    [InlineData("tcp_sendmsg", "tcp_????msg", true)]
    [InlineData("tcp_sendmsg", "*", true)]
    [InlineData("tcp_sendmsg", "t*s*g", true)]
    [InlineData("tcp_sendmsg", "tcp_sendmsg", true)]
    [InlineData("tcp_sendmsg", "tcp_send", false)]
    [InlineData("tcp_sendmsg", "cp_*", false)]
    [InlineData("tcp_sendmsg", "", false)]
    [InlineData("", "*", true)]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "*a*a*a*a*a*a*a*a*c", false)]
    public void Matches_understands_stars_and_question_marks(string name, string pattern, bool expected) =>
        KernelFunctions.Matches(name, pattern).ShouldBe(expected);

    [Theory]
    [InlineData("main", "main", 0UL)]
    [InlineData("main+0x10", "main", 16UL)]
    [InlineData("main+8", "main", 8UL)]
    [InlineData("0x1234", "", 0x1234UL)]
    [InlineData("operator+", "operator+", 0UL)]
    public void SplitOffset_separates_function_and_distance(string place, string symbol, ulong offset) =>
        AutoAttach.SplitOffset(place).ShouldBe((symbol, offset));

    [Theory]
    [InlineData("0", new[] { 0 })]
    [InlineData("0-3", new[] { 0, 1, 2, 3 })]
    [InlineData("0-1,4,6-7\n", new[] { 0, 1, 4, 6, 7 })]
    public void OnlineCpus_expands_ranges(string list, int[] cpus) => PerfEventLink.OnlineCpus(list).ShouldBe(cpus);

    [Fact]
    public void NearestName_suggests_what_is_spelt_alike()
    {
        string[] names = ["sched_switch", "sched_waking", "sched_wakeup", "net_dev_xmit"];
        NearestName.Suffix("sched_swich", names).ShouldBe(", nearest: sched_switch");
        NearestName.Suffix("zzz", names).ShouldBeEmpty();
        NearestName.Distance("kitten", "sitting").ShouldBe(3);
    }
}
