using System.Text;
using Shouldly;
using Skep.Engine.Evaluation;
using Skep.Engine.Matching;
using Skep.Engine.Tests.Matching;
using Xunit;

namespace Skep.Engine.Tests.Evaluation;

public class ByteRegexTests
{
    [Theory]
    [InlineData("\\bcat\\b", "/bin/cat", true)]
    [InlineData("\\bcat\\b", "/bin/concat", false)]
    [InlineData("\\Bcat", "/bin/concat", true)]
    [InlineData("cat\\b", "caté", true)]
    [InlineData("(?m)^b", "a\nb", true)]
    [InlineData("(?m)^b", "ab", false)]
    [InlineData("(?m:a$)", "a\nb", true)]
    [InlineData("(?m)^x\\n(?-m:^b)", "x\nb", false)]
    [InlineData("\\b", "", false)]
    [InlineData("\\B", "", true)]
    [InlineData("\\bé", "aé", true)]
    public void Regex_with_what_automata_lack_is_decided_in_user_space(string expression, string text, bool matches)
    {
        var pattern = new TextPattern(TextOperator.Regex, Encoding.UTF8.GetBytes(expression));
        TextMatcherPlan.Create([new NumberedPattern(0, pattern)]).LeftOut.ShouldHaveSingleItem().Reason.ShouldBe(LeftOutReason.Unsupported);
        TextEvaluator.Of([pattern]).MeetsAny(Encoding.UTF8.GetBytes(text)).ShouldBe(matches);
    }

    [Fact]
    public void Regex_that_automata_decide_means_the_same_in_user_space()
    {
        var random = new Random(3);
        for (var i = 0; i < 2000; i++)
        {
            var pattern = RandomPatterns.Pattern(random);
            var plan = TextMatcherPlan.Create([new NumberedPattern(0, pattern)]);
            var regex = new ByteRegex(pattern);
            for (var t = 0; t < 5; t++)
            {
                var text = RandomTexts.Text(random);
                ulong[] bits = [0];
                plan.Evaluate(text, bits);
                regex.IsMatch(text).ShouldBe(bits[0] != 0, $"{pattern} on {Convert.ToHexString(text)}");
            }
        }
    }
}
