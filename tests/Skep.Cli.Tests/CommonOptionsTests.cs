using Shouldly;
using Xunit;

namespace Skep.Cli.Tests;

public class CommonOptionsTests
{
    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("5s", 5000)]
    [InlineData("5", 5000)]
    [InlineData("1.5s", 1500)]
    [InlineData("2m", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("0.5", 500)]
    public void Duration_is_read_with_its_unit(string text, int milliseconds)
    {
        CommonOptions.TryParseDuration(text, out var duration).ShouldBeTrue();
        duration.TotalMilliseconds.ShouldBe(milliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("0s")]
    [InlineData("-5s")]
    [InlineData("5 years")]
    [InlineData("1e400h")]
    public void Duration_that_makes_no_sense_is_refused(string text) => CommonOptions.TryParseDuration(text, out _).ShouldBeFalse();
}
