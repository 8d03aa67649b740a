using Shouldly;
using Xunit;

namespace Skep.Tetragon.Tests;

public class GoDurationTests
{
    [Theory]
    [InlineData("0s", 0)]
    [InlineData("100ns", 1)]
    [InlineData("1.5µs", 15)]
    [InlineData("2ms", 20_000)]
    [InlineData("1.5s", 15_000_000)]
    [InlineData("1m0s", 600_000_000)]
    [InlineData("1h30m0s", 54_000_000_000)]
    [InlineData("-24h0m0.25s", -864_002_500_000)]
    public void Text_is_that_of_Go_and_is_read_again(string text, long ticks)
    {
        GoDuration.Text(TimeSpan.FromTicks(ticks)).ShouldBe(text);
        GoDuration.TryParse(text, out TimeSpan read).ShouldBeTrue();
        read.Ticks.ShouldBe(ticks);
    }

    [Theory]
    [InlineData("1h30m", 5400)]
    [InlineData("+.5h", 1800)]
    [InlineData("0", 0)]
    public void Other_spellings_are_read(string text, int seconds)
    {
        GoDuration.TryParse(text, out TimeSpan read).ShouldBeTrue();
        read.TotalSeconds.ShouldBe(seconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("5")]
    [InlineData("5 s")]
    [InlineData("5d")]
    [InlineData("1.2.3s")]
    [InlineData("300000000h")]
    [InlineData("99999999999999999999h")]
    public void What_is_none_is_refused(string text) => GoDuration.TryParse(text, out TimeSpan _).ShouldBeFalse();
}
