using Shouldly;
using Xunit;

namespace Skep.Bpf.Tests;

public class PossibleCpusTests
{
    [Theory]
    [InlineData("0\n", "0")]
    [InlineData("0-3", "0 1 2 3")]
    [InlineData("0-1,4,6-7\n", "0 1 4 6 7")]
    public void Parse_expands_ranges(string text, string cpus) => string.Join(' ', PossibleCpus.Parse(text, "test")).ShouldBe(cpus);

    [Theory]
    [InlineData("a")]
    [InlineData("3-1")]
    [InlineData("0-")]
    [InlineData("0-99999999")]
    public void Parse_names_what_is_no_range(string text) =>
        Should.Throw<BpfFormatException>(() => PossibleCpus.Parse(text, "test")).Message.ShouldContain(text);
}
