using Shouldly;
using Skep.Tetragon.Filters;
using Xunit;

namespace Skep.Tetragon.Tests.Filters;

public class SyntaxTests
{
    [Fact]
    public void Regular_expressions_match_as_those_of_RE2()
    {
        foreach (var (left, expected) in Vectors.Pairs("filters/re2.txt"))
        {
            if (expected.StartsWith("error ", StringComparison.Ordinal))
            {
                Should.Throw<FilterException>(() => Re2.Compile(left), left).Message.ShouldContain(expected["error ".Length..], customMessage: left);
                continue;
            }
            var bar = left.LastIndexOf('|');
            Re2.Compile(left[..bar]).IsMatch(left[(bar + 1)..]).ShouldBe(bool.Parse(expected), left);
        }
        Re2.Compile("(?m)^b$").IsMatch("a\nb\nc").ShouldBeTrue();
        Re2.Compile("a$").IsMatch("a\n").ShouldBeFalse();
        Re2.Compile("a.b").IsMatch("a\nb").ShouldBeFalse();
        Re2.Compile("(?s)a.b").IsMatch("a\nb").ShouldBeTrue();
        Should.Throw<FilterException>(() => Re2.Compile("a\ud800")).Message.ShouldContain("half of a character");
        Should.Throw<FilterException>(() => Re2.Compile("(?i)" + string.Concat(Enumerable.Repeat("[^a]", 5000)))).Message.ShouldContain("too large");
        Should.Throw<FilterException>(() => Re2.Compile(string.Concat(Enumerable.Repeat("\\pL", 5000)))).Message.ShouldContain("too large");
        Should.Throw<FilterException>(() => Re2.Compile(new string('(', 10_000))).Message.ShouldContain("nested too deeply");
    }

    [Fact]
    public void Label_selectors_select_as_those_of_Kubernetes()
    {
        foreach (var (selector, expected) in Vectors.Pairs("filters/labels.txt"))
        {
            if (expected.StartsWith("error ", StringComparison.Ordinal))
                Should.Throw<FilterException>(() => LabelSelectorParser.Parse(selector), selector).Message.ShouldContain(expected["error ".Length..], customMessage: selector);
            else LabelSelectorParser.Parse(selector).Matches(FilterFixture.Pod.Labels).ShouldBe(bool.Parse(expected), selector);
        }
    }

    [Fact]
    public void Mutated_texts_end_in_filters_or_errors()
    {
        var random = new Random(20300103);
        string[] expressions = [.. Vectors.Pairs("filters/re2.txt").Select(p => p.Left)], selectors = [.. Vectors.Pairs("filters/labels.txt").Select(p => p.Left)];
        string[] words = ["(", ")", "[", "]", "{1,2}", "(?i)", "(?P<x>", "\\", "\\p{", "[:", "-", "^", "|", "*", "!", "in (", ",", "=", "ä", "😀", "\ud800"];
        string[] filters = ["""{"event_set":["PROCESS_EXEC"],"binary_regex":["^/usr"],"pid":[1,"2"]}""", """[{"health_check":true},{"capabilities":{"permitted":{"any":["CAP_SYS_ADMIN"]}}}]""", """{"labels":["a=b"],"celExpression":["true"]}"""];
        string[] parts = ["{", "}", "[", "]", "\"", ":", ",", "null", "true", "1e99", "-1", "\"pid\":[", "\\u", "{\"pod_regex\":[\"(\"]}", "\n", "//"];
        for (var round = 0; round < 2000; round++)
        {
            Try(Mutation.Of(expressions[random.Next(expressions.Length)], words, expressions, random), text => Re2.Compile(text).IsMatch("some text"));
            Try(Mutation.Of(selectors[random.Next(selectors.Length)], words, selectors, random), text => LabelSelectorParser.Parse(text));
            Try(Mutation.Of(filters[random.Next(filters.Length)], parts, filters, random), text => EventFilter.Compile(FilterJson.ReadFilters(text), []));
        }

        static void Try(string text, Action<string> action)
        {
            try
            {
                action(text);
            }
            catch (FilterException error)
            {
                error.Message.ShouldNotBeEmpty();
            }
        }
    }
}
