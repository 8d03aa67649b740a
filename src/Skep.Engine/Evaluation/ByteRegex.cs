using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Skep.Engine.Matching;
using Skep.Engine.Matching.Automata;

namespace Skep.Engine.Evaluation;

/// <summary>
/// One pattern over bytes, in time linear in the text, for what the kernel's automata cannot say or have no room for. It is the automata's own tree, so
/// that both mean the same.
/// </summary>
public sealed class ByteRegex
{
    const int StackLimit = 4096;
    // Bytes beyond ASCII become characters of private use: no letters, no case, no words.
    const int Beyond = 0xe000;

    readonly Regex _regex;

    /// <summary>Prepares a pattern.</summary>
    /// <exception cref="PatternSyntaxException">It is wrong, or asks for what is not supported anywhere.</exception>
    public ByteRegex(TextPattern pattern)
    {
        var text = new StringBuilder();
        Append(text, TreeOf(pattern));
        _regex = new Regex(text.ToString(), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
    }

    /// <summary>Whether the pattern is found in a text.</summary>
    public bool IsMatch(ReadOnlySpan<byte> text)
    {
        if (text.Length <= StackLimit)
        {
            Span<char> characters = stackalloc char[StackLimit];
            return _regex.IsMatch(Widen(text, characters));
        }
        var rented = ArrayPool<char>.Shared.Rent(text.Length);
        try
        {
            return _regex.IsMatch(Widen(text, rented));
        }
        finally
        {
            ArrayPool<char>.Shared.Return(rented);
        }
    }

    static ReadOnlySpan<char> Widen(ReadOnlySpan<byte> text, Span<char> characters)
    {
        for (var i = 0; i < text.Length; i++) characters[i] = Widen(text[i]);
        return characters[..text.Length];
    }

    static char Widen(int value) => (char)(value < 128 ? value : Beyond + value);

    static PatternNode TreeOf(TextPattern pattern)
    {
        var literal = PatternNode.Bytes(pattern.Text);
        return pattern.Operator switch
        {
            TextOperator.Equal => new PatternNode.Sequence([new PatternNode.TextStart(), literal, new PatternNode.TextEnd()]),
            TextOperator.Prefix => new PatternNode.Sequence([new PatternNode.TextStart(), literal]),
            TextOperator.Suffix => new PatternNode.Sequence([literal, new PatternNode.TextEnd()]),
            TextOperator.Contains => literal,
            TextOperator.ContainsIgnoringCase => new PatternNode.Sequence([.. pattern.Text.Select(b => new PatternNode.Set(ByteSet.Of(b).IgnoringCase()))]),
            TextOperator.Glob => GlobParser.Parse(pattern.Text),
            _ => RegexParser.Parse(pattern.Text),
        };
    }

    static void Append(StringBuilder text, PatternNode node)
    {
        switch (node)
        {
            case PatternNode.Set set:
                AppendSet(text, set.Accepted);
                break;
            case PatternNode.Sequence sequence:
                foreach (var part in sequence.Parts) AppendGroup(text, part);
                break;
            case PatternNode.Choice choice:
                for (var i = 0; i < choice.Parts.Count; i++)
                {
                    if (i > 0) text.Append('|');
                    AppendGroup(text, choice.Parts[i]);
                }
                break;
            case PatternNode.Repeat repeat:
                AppendGroup(text, repeat.Inner);
                text.Append(CultureInfo.InvariantCulture, $"{{{repeat.Minimum},");
                if (repeat.Maximum >= 0) text.Append(repeat.Maximum);
                text.Append('}');
                break;
            case PatternNode.TextStart:
                text.Append("\\A");
                break;
            case PatternNode.TextEnd:
                text.Append("\\z");
                break;
            case PatternNode.LineStart:
                text.Append("(?m:^)");
                break;
            case PatternNode.LineEnd:
                text.Append("(?m:$)");
                break;
            case PatternNode.WordBoundary boundary:
                text.Append(boundary.Negated ? "\\B" : "\\b");
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(node));
        }
    }

    static void AppendGroup(StringBuilder text, PatternNode node)
    {
        if (node is PatternNode.Set)
        {
            Append(text, node);
            return;
        }
        text.Append("(?:");
        Append(text, node);
        text.Append(')');
    }

    static void AppendSet(StringBuilder text, ByteSet set)
    {
        if (set.IsEmpty)
        {
            // What no text has.
            text.Append("[^\\u0000-\\uffff]");
            return;
        }
        text.Append('[');
        for (var first = 0; first < 256; first++)
        {
            if (!set.Contains((byte)first)) continue;
            // A range does not cross the border of ASCII, behind which the characters go on elsewhere.
            var last = first;
            while (last + 1 < 256 && last + 1 != 128 && set.Contains((byte)(last + 1))) last++;
            text.Append(CultureInfo.InvariantCulture, $"\\u{(int)Widen(first):x4}-\\u{(int)Widen(last):x4}");
            first = last;
        }
        text.Append(']');
    }
}
