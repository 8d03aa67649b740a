using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Shouldly;
using Skep.Engine.Matching;
using Skep.Engine.Matching.Automata;
using Xunit;

namespace Skep.Engine.Tests.Matching;

public class PatternVectorTests
{
    [Theory]
    [InlineData("regex.txt", TextOperator.Regex)]
    [InlineData("glob.txt", TextOperator.Glob)]
    public void Vectors_match_as_they_say_in_user_space_and_in_generated_code(string file, TextOperator comparison)
    {
        var wrong = new List<string>();
        foreach (var group in Lines(file).GroupBy(f => f[1]))
        {
            var plan = TextMatcherPlan.Create([new NumberedPattern(0, new TextPattern(comparison, Bytes(group.Key)))]);
            var matcher = plan.Matchers.ShouldHaveSingleItem(group.Key);
            var machine = new InterpretedMatcher(matcher, [0]);
            foreach (var fields in group)
            {
                var text = Bytes(fields[2]);
                var expected = fields[0] == "yes";
                if (matcher.Matches(matcher.Run(text), 0) != expected) wrong.Add(string.Join('\t', fields));
                machine.Run(text, out var matched);
                if (matched.Contains(0) != expected) wrong.Add("generated: " + string.Join('\t', fields));
            }
        }
        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void Wrong_expressions_are_refused_with_the_offset()
    {
        foreach (var fields in Lines("bad-regex.txt"))
        {
            var error = Should.Throw<PatternSyntaxException>(() => RegexParser.Parse(Bytes(fields[0])), fields[0]);
            error.Message.ShouldContain(fields[2], Case.Sensitive, fields[0]);
            error.Offset.ShouldBe(int.Parse(fields[1], CultureInfo.InvariantCulture), fields[0]);
        }
    }

    [Fact]
    public void Nested_repetitions_end_at_the_limit_of_places()
    {
        var plan = TextMatcherPlan.Create([new NumberedPattern(0, new TextPattern(TextOperator.Regex, "((a{1000}){1000}){1000}"u8.ToArray()))]);
        plan.LeftOut.ShouldHaveSingleItem().Reason.ShouldBe(LeftOutReason.TooLarge);
    }

    [Fact]
    public void Random_bytes_never_crash_or_stall_the_parsers()
    {
        const string Alphabet = @"ab()[]{}*+?|^$\.-:,<>!=PQEAzdwsxi012é";
        var alphabet = Encoding.UTF8.GetBytes(Alphabet);
        var random = new Random(20);
        var options = new TextMatcherOptions { TableBudget = 1 << 14, WorkBudget = 20_000 };
        var refused = 0;
        for (var run = 0; run < 20_000; run++)
        {
            var text = new byte[random.Next(24)];
            for (var i = 0; i < text.Length; i++) text[i] = alphabet[random.Next(alphabet.Length)];
            if (run % 8 == 0) random.NextBytes(text);
            GlobParser.Parse(text);
            refused += TextMatcherPlan.Create([new NumberedPattern(0, new TextPattern(TextOperator.Regex, text))], options).LeftOut.Count;
        }
        refused.ShouldBeInRange(1000, 19_000);
        Should.Throw<PatternSyntaxException>(() => RegexParser.Parse(Encoding.ASCII.GetBytes(new string('(', 100_000)))).Message.ShouldContain("nested");
        RegexParser.Parse(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("(a|b)*c?", 10_000)))).ShouldNotBeNull();
    }

    static IEnumerable<string[]> Lines(string file)
    {
        using var stream = typeof(PatternVectorTests).Assembly.GetManifestResourceStream($"vectors/matching/{file}")!;
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n').Where(l => l.Length > 0 && l[0] != '#').Select(l => l.Split('\t'))];
    }

    static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(Regex.Replace(text, @"\\x(..)", m => ((char)Convert.ToByte(m.Groups[1].Value, 16)).ToString()));
}
