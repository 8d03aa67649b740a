using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Skep.Engine.Matching;
using Xunit;

namespace Skep.Engine.Tests.Matching;

public class TextMatcherTests
{
    static readonly int[] s_none = [];

    static NumberedPattern P(int number, TextOperator comparison, string text) => new(number, new TextPattern(comparison, Encoding.UTF8.GetBytes(text)));

    static HashSet<int> Evaluate(TextMatcherPlan plan, ReadOnlySpan<byte> text, int numbers)
    {
        var bits = new ulong[numbers / 64 + 1];
        plan.Evaluate(text, bits);
        return [.. Enumerable.Range(0, numbers).Where(n => (bits[n / 64] >> n & 1) != 0)];
    }

    [Fact]
    public void Random_patterns_match_as_the_naive_evaluation_and_generated_code_agrees()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var random = new Random(seed);
            var patterns = Enumerable.Range(0, 1 + random.Next(12)).Select(n => new NumberedPattern(random.Next(10), RandomPatterns.Pattern(random))).ToList();
            var plan = TextMatcherPlan.Create(patterns, new TextMatcherOptions { MaxCompares = random.Next(3) * 6 });
            plan.LeftOut.ShouldBeEmpty();
            var machines = plan.Matchers.Select(m => new InterpretedMatcher(m, m.Numbers)).ToList();
            for (var i = 0; i < 20; i++)
            {
                var text = RandomPatterns.Text(random, i == 0 ? 100 : 14);
                var expected = patterns.Where(p => NaiveMatch.Matches(p.Pattern, text)).Select(p => p.Number).ToHashSet();
                var what = $"seed {seed}: {string.Join(", ", patterns)} on \"{Encoding.ASCII.GetString(text)}\"";
                Evaluate(plan, text, 10).Order().ShouldBe(expected.Order(), what);
                var inKernel = new HashSet<int>();
                for (var m = 0; m < machines.Count; m++)
                {
                    machines[m].Run(text, out var matched).ShouldBe(plan.Matchers[m].Run(text), what);
                    inKernel.UnionWith(matched);
                }
                inKernel.Order().ShouldBe(expected.Order(), what);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(17, 17));
    }

    [Theory]
    [InlineData(TextOperator.Equal)]
    [InlineData(TextOperator.Prefix)]
    [InlineData(TextOperator.Suffix)]
    public void Large_sets_of_literals_match_as_the_naive_evaluation_and_generated_code_agrees(TextOperator comparison)
    {
        var random = new Random(3);
        var patterns = Enumerable.Range(0, 400).Select(n => new NumberedPattern(random.Next(50), new TextPattern(comparison, RandomPatterns.Text(random, 24)))).ToList();
        var plan = TextMatcherPlan.Create(patterns);
        var matcher = plan.Matchers.ShouldHaveSingleItem();
        var numbers = matcher.Numbers;
        var machine = new InterpretedMatcher(matcher, numbers);
        for (var i = 0; i < 600; i++)
        {
            byte[] some = [.. patterns[random.Next(patterns.Count)].Pattern.Text];
            var text = (i % 4) switch { 0 => some, 1 => [.. some, .. RandomPatterns.Text(random, 3)], 2 => [.. RandomPatterns.Text(random, 3), .. some], _ => RandomPatterns.Text(random, 40) };
            var expected = patterns.Where(p => NaiveMatch.Matches(p.Pattern, text)).Select(p => p.Number).Distinct().Order().ToList();
            Evaluate(plan, text, 50).Order().ShouldBe(expected);
            machine.Run(text, out var matched).ShouldBe(matcher.Run(text));
            matched.Order().ShouldBe(expected);
        }
    }

    [Fact]
    public void Patterns_that_may_match_anywhere_do_not_multiply_states()
    {
        var patterns = Enumerable.Range(0, 40).Select(n => P(n, TextOperator.Contains, $"needle{n}")).ToList();
        var automaton = TextMatcherPlan.Create(patterns).Matchers.ShouldHaveSingleItem().ShouldBeOfType<Automaton>();
        automaton.States.ShouldBeLessThan(100);
        TextMatcherPlan.Create(patterns).Evaluate("needle7 and needle39"u8, new ulong[1]);
        Evaluate(TextMatcherPlan.Create(patterns), "needle7 and needle39"u8, 40).Order().ShouldBe([3, 7, 39]);
    }

    [Fact]
    public void Ten_thousand_literals_take_a_bounded_table()
    {
        foreach (var comparison in new[] { TextOperator.Equal, TextOperator.Prefix, TextOperator.Suffix })
        {
            var patterns = Enumerable.Range(0, 10_000).Select(n => P(n, comparison, $"/usr/lib/package-{n * 7919 % 10_007}/file{n}.so")).ToList();
            var plan = TextMatcherPlan.Create(patterns);
            plan.LeftOut.ShouldBeEmpty();
            plan.TableBytes.ShouldBeLessThan(3 << 20);
            Evaluate(plan, patterns[4321].Pattern.Text, 10_000).ShouldBe([4321]);
            Evaluate(plan, "/usr/lib/package"u8, 10_000).ShouldBe(s_none);
        }
    }

    [Fact]
    public void Large_sets_of_affixes_become_automata_where_programs_sleep()
    {
        var random = new Random(4);
        foreach (var comparison in new[] { TextOperator.Prefix, TextOperator.Suffix })
        {
            var patterns = Enumerable.Range(0, 2000).Select(n => P(n, comparison, $"{random.Next(100_000)}/{n}")).ToList();
            var plan = TextMatcherPlan.Create(patterns, new TextMatcherOptions { Sleepable = true, TableBudget = 1 << 20 });
            plan.LeftOut.ShouldBeEmpty();
            plan.Matchers.ShouldAllBe(m => m is Automaton);
            plan.Matchers.Count.ShouldBeLessThan(8);
            for (var n = 0; n < 2000; n += 97)
            {
                byte[] text = comparison == TextOperator.Prefix ? [.. patterns[n].Pattern.Text, .. "/x"u8] : [.. "x/"u8, .. patterns[n].Pattern.Text];
                Evaluate(plan, text, 2000).ShouldBe(patterns.Where(p => NaiveMatch.Matches(p.Pattern, text)).Select(p => p.Number), ignoreOrder: true);
            }
        }
    }

    [Fact]
    public void Hundreds_of_expressions_share_automata()
    {
        var patterns = Enumerable.Range(0, 300).Select(n => P(n, TextOperator.Regex, $"^/proc/[0-9]+/task{n}/(maps|mem)$")).ToList();
        var plan = TextMatcherPlan.Create(patterns);
        plan.LeftOut.ShouldBeEmpty();
        plan.Matchers.Count.ShouldBeLessThan(10);
        Evaluate(plan, "/proc/123/task299/mem"u8, 300).ShouldBe([299]);
    }

    [Fact]
    public void An_expression_whose_automaton_explodes_is_left_out_and_the_others_stay()
    {
        var plan = TextMatcherPlan.Create([P(0, TextOperator.Regex, "(a|b)*a(a|b){24}$"), P(1, TextOperator.Contains, "b"), P(2, TextOperator.Regex, "a(")]);
        plan.LeftOut.Select(l => (l.Number, l.Reason)).Order().ShouldBe([(0, LeftOutReason.TooLarge), (2, LeftOutReason.Syntax)]);
        Evaluate(plan, "aab"u8, 3).ShouldBe([1]);
    }

    [Fact]
    public void A_text_that_can_match_no_more_ends_the_run()
    {
        var automaton = Automaton.TryCreate([P(0, TextOperator.Prefix, "/etc/"), P(1, TextOperator.Equal, "/bin/sh")])!;
        var machine = new InterpretedMatcher(automaton, automaton.Numbers);
        machine.Run(Encoding.ASCII.GetBytes("/etc/" + new string('x', 4091)), out var matched);
        matched.ShouldBe([0]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(4095)]
    [InlineData(4096)]
    public void Texts_of_every_length_are_read_to_their_last_byte(int length)
    {
        var automaton = Automaton.TryCreate([P(0, TextOperator.Suffix, "y"), P(1, TextOperator.Regex, "x$"), P(2, TextOperator.Glob, "[!a]*x")])!;
        var machine = new InterpretedMatcher(automaton, automaton.Numbers);
        foreach (var last in "xy"u8.ToArray())
        {
            var text = new byte[length];
            text.AsSpan().Fill((byte)'z');
            if (length > 0) text[^1] = last;
            machine.Run(text, out var matched).ShouldBe(automaton.Run(text));
            matched.Order().ShouldBe(length == 0 ? s_none : last == 'y' ? [0] : length == 1 ? [1] : [1, 2]);
        }
    }
}
