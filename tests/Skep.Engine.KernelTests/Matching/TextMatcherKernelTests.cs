using System.Text;
using Shouldly;
using Skep.Engine.Matching;
using Skep.Engine.Tests.Matching;
using Skep.Testing;

namespace Skep.Engine.KernelTests.Matching;

public class TextMatcherKernelTests
{
    const uint MaxVerifiedInstructions = 100_000;

    static NumberedPattern P(int number, TextOperator comparison, string text) => new(number, new TextPattern(comparison, Encoding.UTF8.GetBytes(text)));

    [KernelFact]
    public void Random_patterns_give_the_same_results_in_the_kernel()
    {
        for (var seed = 1; seed <= 60; seed++)
        {
            var random = new Random(seed);
            var patterns = Enumerable.Range(0, 1 + random.Next(12)).Select(n => new NumberedPattern(random.Next(10), RandomPatterns.Pattern(random))).ToList();
            foreach (var matcher in TextMatcherPlan.Create(patterns, new TextMatcherOptions { MaxCompares = random.Next(3) * 6 }).Matchers)
            {
                using var loaded = new LoadedMatcher(matcher, matcher.Numbers);
                loaded.VerifiedInstructions.ShouldBeLessThan(MaxVerifiedInstructions);
                for (var i = 0; i < 20; i++)
                {
                    var text = RandomPatterns.Text(random, i == 0 ? 4096 : i < 4 ? 100 : 14);
                    var expected = matcher.Run(text);
                    var what = $"seed {seed}: {string.Join(", ", patterns)} on \"{Encoding.ASCII.GetString(text)}\"";
                    loaded.Run(text, out var matched).ShouldBe(expected, what);
                    matched.Order().ShouldBe(matcher.Numbers.Where(n => matcher.Matches(expected, n)), what);
                }
            }
        }
    }

    [KernelFact]
    public void Ten_thousand_patterns_of_each_kind_load_and_match()
    {
        foreach (var comparison in new[] { TextOperator.Equal, TextOperator.Prefix, TextOperator.Suffix })
        {
            var patterns = Enumerable.Range(0, 10_000).Select(n => P(n, comparison, $"/usr/lib/package-{n * 7919 % 10_007}/file{n}.so")).ToList();
            var matcher = TextMatcherPlan.Create(patterns).Matchers.ShouldHaveSingleItem();
            int[] tests = [0, 1234, 9999];
            using var loaded = new LoadedMatcher(matcher, tests);
            loaded.VerifiedInstructions.ShouldBeLessThan(MaxVerifiedInstructions);
            for (var n = 0; n < 10_000; n += 617)
            {
                loaded.Run(patterns[n].Pattern.Text, out _).ShouldBe(matcher.Run(patterns[n].Pattern.Text), comparison.ToString());
            }
            loaded.Run(patterns[1234].Pattern.Text, out var matched);
            matched.ShouldBe([1234]);
            loaded.Run("/usr/lib/package-1/other"u8, out matched).ShouldBe(0UL);
            matched.ShouldBeEmpty();
        }
    }

    [KernelFact]
    public void An_automaton_of_half_a_thousand_literals_loads_and_matches()
    {
        var patterns = Enumerable.Range(0, 1000).Select(n => P(n % 32, n % 2 == 0 ? TextOperator.Contains : TextOperator.ContainsIgnoringCase, $"Word{n * 7919 % 10_007}")).ToList();
        var matcher = TextMatcherPlan.Create(patterns).Matchers.ShouldHaveSingleItem().ShouldBeOfType<Automaton>();
        using var loaded = new LoadedMatcher(matcher, matcher.Numbers);
        loaded.VerifiedInstructions.ShouldBeLessThan(MaxVerifiedInstructions);
        var text = Encoding.UTF8.GetBytes("some text with word7919, Word0 and others");
        var expected = matcher.Run(text);
        expected.ShouldNotBe(0UL);
        loaded.Run(text, out var matched).ShouldBe(expected);
        matched.ShouldBe(matcher.Numbers.Where(n => matcher.Matches(expected, n)), ignoreOrder: true);
    }
}
