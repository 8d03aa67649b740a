using Shouldly;
using Xunit;

namespace Skep.Bpf.Tests;

public class MessageTemplateTests
{
    [Theory]
    [InlineData("R{register} !read_ok", "R7 !read_ok", "register=7")]
    [InlineData("R{register} !read_ok", "R !read_ok", null)]
    [InlineData("R{register} !read_ok", "xR7 !read_ok", null)]
    [InlineData("*R{register} !read_ok", "here: Rx R7 !read_ok", "register=7")]
    [InlineData("off={offset} size={size}", "off=-8 size=16", "offset=-8,size=16")]
    [InlineData("R{register} type={type} expected={expected}", "R2 type=scalar expected=fp, map_key", "register=2,type=scalar,expected=fp, map_key")]
    [InlineData("Back-edge", "back-edge from insn 3 to 1", "")]
    [InlineData("{name} is missing", "bpf_spin_lock is missing", "name=bpf_spin_lock")]
    [InlineData("R{register}", "", null)]
    public void Matches_reads_the_placeholders(string template, string line, string? expected)
    {
        var values = new Dictionary<string, string>();
        var matches = new MessageTemplate(template).Matches(line, values);
        matches.ShouldBe(expected is not null);
        if (matches) string.Join(",", values.Select(v => $"{v.Key}={v.Value}")).ShouldBe(expected);
    }

    [Fact]
    public void Fill_puts_values_in_and_marks_what_is_unknown() =>
        MessageTemplate.Fill("R{register} of {what}, {register}", new() { ["register"] = "3" }).ShouldBe("R3 of ?, 3");
}
