using System.Text;
using Shouldly;
using Skep.Tetragon.Api;
using Skep.Tetragon.Cel;
using Skep.Tetragon.Export;
using Skep.Tetragon.Tests.Export;
using Xunit;

namespace Skep.Tetragon.Tests.Filters;

public class CelTests
{
    static readonly GetEventsResponse s_nothing = new();

    [Fact]
    public void Expressions_have_the_values_that_the_language_gives_them()
    {
        foreach (var (expression, expected) in Vectors.Pairs("cel/values.txt"))
        {
            var value = CelProgram.Compile(expression, isCondition: false).Value(s_nothing);
            if (expected.StartsWith("error ", StringComparison.Ordinal))
            {
                value.ShouldBeOfType<CelError>(expression).Message.ShouldContain(expected["error ".Length..], customMessage: expression);
                continue;
            }
            var wanted = CelProgram.Compile(expected, isCondition: false).Value(s_nothing);
            wanted.ShouldNotBeOfType<CelError>(expected);
            CelEquality.Equals(value, wanted).ShouldBeTrue($"{expression}: {value} instead of {wanted}");
            CelType.KindOf(value).ShouldBe(CelType.KindOf(wanted), expression);
        }
    }

    [Fact]
    public void Wrong_expressions_are_refused_with_their_place()
    {
        foreach (var (expression, expected) in Vectors.Pairs("cel/wrong.txt"))
        {
            var error = Should.Throw<CelException>(() => CelProgram.Compile(expression), expression);
            var place = expected[..(expected.IndexOf(' ', StringComparison.Ordinal) + 1)];
            error.Message.ShouldStartWith(place, customMessage: expression);
            error.Message.ShouldContain(expected[place.Length..], customMessage: expression);
        }
    }

    [Fact]
    public void Expressions_read_events()
    {
        var message = GetEventsResponse.Parser.ParseJson(Encoding.UTF8.GetString(FilterFixture.Line(EventType.ProcessExec)));
        foreach (var (expression, expected) in Vectors.Pairs("cel/events.txt"))
        {
            bool? wanted = expected == "error" ? null : bool.Parse(expected);
            CelProgram.Compile(expression).Evaluate(message).ShouldBe(wanted, expression);
        }
    }

    [Fact]
    public void Places_count_lines() =>
        Should.Throw<CelException>(() => CelProgram.Compile("true && // first\n  process_exec.nope")).Message.ShouldStartWith("2:15:");

    [Fact]
    public void Long_chains_of_conditions_do_not_nest() =>
        CelProgram.Compile(string.Join(" || ", Enumerable.Range(0, 1000).Select(i => $"{i} == 1000"))).Evaluate(s_nothing).ShouldBe(false);

    [Fact]
    public void Expressions_that_are_too_deep_or_too_long_are_refused()
    {
        string[] expressions =
        [
            new string('(', 10_000) + "1" + new string(')', 10_000), string.Concat(Enumerable.Repeat("1+", 5000)) + "1 == 1", "1" + string.Concat(Enumerable.Repeat("?1:1", 2000)),
            "[" + string.Join(',', Enumerable.Range(0, 10_000)) + "] == []", new string('!', 40_000) + "true", "a" + string.Concat(Enumerable.Repeat(".a", 5000)), string.Concat(Enumerable.Repeat("[", 9000)),
        ];
        foreach (var expression in expressions) Should.Throw<CelException>(() => CelProgram.Compile(expression));
    }

    [Fact]
    public void Evaluations_have_a_bounded_cost()
    {
        string[] expressions =
        [
            "[[1]]" + string.Concat(Enumerable.Repeat(".map(x, [x, x, x, x, x, x, x, x])", 30)) + ".all(x, x == x)",
            "['x']" + string.Concat(Enumerable.Repeat(".map(x, x + x)", 40)) + "[0] == ''",
            "[" + string.Join(',', Enumerable.Range(0, 1000).Select(i => $"'{i}'")) + "].exists(p, 'x'.matches(p))",
        ];
        foreach (var expression in expressions) CelProgram.Compile(expression).Evaluate(s_nothing).ShouldBeNull(expression);
    }

    [Fact]
    public void Integer_expressions_parse_into_calls_and_names()
    {
        var tree = CelParser.Parse("arg0 + 1 == data1 && !(uint32(arg2) < 4u)").ShouldBeOfType<CelCall>();
        tree.Function.ShouldBe(CelOperator.And);
        var equal = tree.Arguments[0].ShouldBeOfType<CelCall>();
        (equal.Function, equal.Offset).ShouldBe((CelOperator.Equal, 9));
        equal.Arguments[1].ShouldBe(new CelIdentifier(12, "data1"));
        tree.Arguments[1].ShouldBeOfType<CelCall>().Function.ShouldBe(CelOperator.Not);
    }

    [Fact]
    public void Mutated_expressions_end_in_programs_or_errors()
    {
        const int Rounds = 8000;
        string[] words = ["(", ")", "[", "]", "{", "}", ".", ",", "?", ":", "&&", "||", "==", "in", "1", "1u", "0x", "'", "\"", "r'", "\\", "-", "!", "process_exec", "has(", ".all(x, ", "null", "\n", "//", "ä", "\ud800"];
        string[] seeds = [.. Vectors.Pairs("cel/values.txt").Select(p => p.Left), .. Vectors.Pairs("cel/wrong.txt").Select(p => p.Left), .. Vectors.Pairs("cel/events.txt").Select(p => p.Left)];
        seeds = [.. seeds.Where(s => s.Length < 200)];
        var random = new Random(20300102);
        for (var round = 0; round < Rounds; round++)
        {
            var text = Mutation.Of(seeds[random.Next(seeds.Length)], words, seeds, random);
            try
            {
                CelProgram.Compile(text, isCondition: false).Value(s_nothing);
            }
            catch (CelException error)
            {
                error.Offset.ShouldBeInRange(0, text.Length, text);
            }
        }
    }
}
