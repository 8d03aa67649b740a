using Skep.Engine.Matching;
using Skep.Engine.Tests.Matching;

namespace Skep.Engine.Tests.Evaluation;

/// <summary>Texts and patterns, now and then of those that automata cannot decide.</summary>
static class RandomTexts
{
    static readonly string[] s_leftOut = ["\\ba", "a\\b", "\\Bb", "(?m)^b", "(?m:a$)", "^(?:a|\\b/)b*$"];

    public static byte[] Text(Random random)
    {
        var text = RandomPatterns.Text(random, 12);
        for (var i = 0; i < text.Length; i++)
        {
            if (random.Next(12) == 0) text[i] = (byte)(random.Next(3) switch { 0 => '\n', 1 => 0xc3, _ => ' ' });
        }
        return text;
    }

    public static IReadOnlyList<TextPattern> Patterns(Random random, bool allowLeftOut) =>
        [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => allowLeftOut && random.Next(4) == 0 ? LeftOut(random) : RandomPatterns.Pattern(random))];

    public static TextPattern LeftOut(Random random) => new(TextOperator.Regex, System.Text.Encoding.ASCII.GetBytes(s_leftOut[random.Next(s_leftOut.Length)]));
}
