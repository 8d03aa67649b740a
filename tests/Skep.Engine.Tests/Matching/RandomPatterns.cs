using System.Text;
using Skep.Engine.Matching;

namespace Skep.Engine.Tests.Matching;

/// <summary>Patterns and texts over few letters, so that many match.</summary>
static class RandomPatterns
{
    const string Letters = "ab/A";

    public static byte[] Text(Random random, int maxLength)
    {
        var text = new byte[random.Next(maxLength + 1)];
        for (var i = 0; i < text.Length; i++) text[i] = (byte)Letters[random.Next(Letters.Length)];
        return text;
    }

    public static TextPattern Pattern(Random random)
    {
        var comparison = (TextOperator)random.Next(7);
        return new TextPattern(comparison, comparison switch
        {
            TextOperator.Glob => Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => Glob(random)))),
            TextOperator.Regex => Encoding.ASCII.GetBytes(Expression(random, 3)),
            _ => Text(random, comparison == TextOperator.Equal ? 12 : 4),
        });
    }

    static string Glob(Random random) => random.Next(8) switch
    {
        0 or 1 => "*",
        2 => "?",
        3 => "[ab]",
        4 => "[!a]",
        5 => "\\a",
        _ => Letters[random.Next(Letters.Length)].ToString(),
    };

    public static string Expression(Random random, int depth) => (depth == 0 ? random.Next(4) : random.Next(12)) switch
    {
        0 or 1 => Letters[random.Next(Letters.Length)].ToString(),
        2 => ".",
        3 => random.Next(4) switch { 0 => "[ab]", 1 => "[^a]", 2 => "\\w", _ => "[/-a]" },
        4 or 5 or 6 => Expression(random, depth - 1) + Expression(random, depth - 1),
        7 => $"({Expression(random, depth - 1)}|{Expression(random, depth - 1)})",
        8 => $"(?:{Expression(random, depth - 1)}){random.Next(4) switch { 0 => "*", 1 => "+", 2 => "?", _ => "{1,3}" }}",
        9 => "^" + Expression(random, depth - 1),
        10 => Expression(random, depth - 1) + "$",
        _ => $"(?i:{Expression(random, depth - 1)})",
    };
}
