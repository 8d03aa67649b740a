using System.Globalization;
using Shouldly;
using Skep.Falco.Conditions;
using Xunit;

namespace Skep.Falco.Tests.Conditions;

public class ConditionParserTests
{
    /// <summary>A condition, <c>=></c> how it prints; or <c>!!</c> where and why it is refused.</summary>
    public static IEnumerable<object[]> Lines => Vectors.Text("conditions.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => new object[] { l });

    [Theory]
    [MemberData(nameof(Lines))]
    public void Conditions_print_or_say_what_is_wrong(string line)
    {
        var separator = line.Contains(" !! ", StringComparison.Ordinal) ? " !! " : " => ";
        var parts = line.Split(separator);

        (separator + Result(parts[0])).ShouldBe(separator + parts[1]);
    }

    [Fact]
    public void Printed_conditions_read_back_as_the_same()
    {
        foreach (var line in Vectors.Text("conditions.txt").Split('\n').Where(l => l.Contains(" => ", StringComparison.Ordinal)))
        {
            var printed = line.Split(" => ")[1];
            // What is printed without quotes may be no bare string.
            if (printed.Contains("c'd", StringComparison.Ordinal)) continue;
            Result(printed).ShouldBe(printed);
        }
    }

    [Fact]
    public void Nesting_has_an_end()
    {
        var deep = new string('(', 900) + "a.b=c" + new string(')', 900);
        var deeper = new string('(', 100_000) + "a.b=c" + new string(')', 100_000);

        Result(deep).ShouldBe("a.b = c");
        Result(deeper).ShouldContain("exceeded max depth limit of 1000");
        Result(string.Concat(Enumerable.Repeat("not ", 50_000)) + "a.b=c").ShouldBe("a.b = c");
        Result("a.b = " + string.Concat(Enumerable.Repeat("tolower(", 100_000))).ShouldContain("exceeded max depth limit of 1000");
    }

    static string Result(string text)
    {
        try
        {
            return ConditionPrinter.Print(ConditionParser.Parse(text));
        }
        catch (ConditionException e)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{e.At} {e.Message}");
        }
    }
}
