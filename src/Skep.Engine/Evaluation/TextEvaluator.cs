using Skep.Engine.Matching;

namespace Skep.Engine.Evaluation;

/// <summary>Patterns of any kind on one text: those that automata decide together, and the others one by one.</summary>
sealed class TextEvaluator
{
    readonly TextMatcherPlan _plan;
    readonly (int Number, ByteRegex Regex)[] _others;

    /// <exception cref="PatternSyntaxException">A pattern is wrong, or asks for what is not supported anywhere.</exception>
    public TextEvaluator(IEnumerable<NumberedPattern> patterns)
    {
        _plan = TextMatcherPlan.Create(patterns);
        _others = [.. _plan.LeftOut.Select(l => (l.Number, new ByteRegex(l.Pattern)))];
    }

    /// <summary>Sets the bits of all numbers whose patterns match.</summary>
    public void Evaluate(ReadOnlySpan<byte> text, Span<ulong> bits)
    {
        _plan.Evaluate(text, bits);
        foreach (var (number, regex) in _others)
        {
            if ((bits[number / 64] >> (number % 64) & 1) == 0 && regex.IsMatch(text)) bits[number / 64] |= 1UL << (number % 64);
        }
    }

    /// <summary>Whether a text meets any of the patterns, which all have the number 0.</summary>
    public bool MeetsAny(ReadOnlySpan<byte> text)
    {
        Span<ulong> bits = [0];
        Evaluate(text, bits);
        return bits[0] != 0;
    }

    public static TextEvaluator Of(IEnumerable<TextPattern> patterns) => new(patterns.Select(p => new NumberedPattern(0, p)));
}
