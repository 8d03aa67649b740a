using System.Buffers;
using System.Globalization;
using System.Text;
using Skep.Falco.Conditions;
using Skep.Falco.Evaluation;
using Skep.Falco.Fields;

namespace Skep.Falco.Output;

/// <summary>An alert's text with fields in it: <c>%field[argument]</c>, <c>%20field</c>, <c>%tolower(field)</c>.</summary>
public sealed class OutputFormat
{
    static readonly SearchValues<char> s_ends = SearchValues.Create(" ,)]\n\t");

    readonly List<OutputPart> _parts;

    OutputFormat(string text, List<OutputPart> parts)
    {
        (Text, _parts) = (text, parts);
        FieldParts = [.. parts.Where(p => p.Operand is not null).DistinctBy(p => p.Key).OrderBy(p => p.Key, StringComparer.Ordinal)];
    }

    /// <summary>As it was written.</summary>
    public string Text { get; }

    internal List<OutputPart> Parts => _parts;

    /// <summary>The fields' names as they are in <c>output_fields</c>, each once, in order.</summary>
    public IEnumerable<string> FieldNames => FieldParts.Select(p => p.Key);

    internal OutputPart[] FieldParts { get; }

    /// <exception cref="ConditionException">It is wrong.</exception>
    internal static OutputFormat Parse(string text)
    {
        var parts = new List<OutputPart>();
        var literal = new StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            if (text[at] != '%')
            {
                literal.Append(text[at++]);
                continue;
            }
            var start = at++;
            var width = Width(text, ref at);
            var node = ConditionParser.ParseTransformer(text, at, out var end) ?? Field(text, at, out end)
                ?? throw new ConditionException(start, at >= text.Length ? "invalid formatting token: the output ends with a %" : $"invalid formatting token {Word(text, at)}");
            var operand = OperandCompiler.Compile(node, OperandUse.Output);
            if (literal.Length > 0) parts.Add(new(FalcoText.ToBytes(literal.ToString()), null, 0, ""));
            literal.Clear();
            parts.Add(new([], operand, width, text[at..end]));
            at = end;
        }
        if (literal.Length > 0) parts.Add(new(FalcoText.ToBytes(literal.ToString()), null, 0, ""));
        return new(text, parts);
    }

    static int Width(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        if (at == start) return 0;
        if (at - start > 4) throw new ConditionException(start, $"invalid formatting token {text[start..at]}: the width is too large");
        return int.Parse(text.AsSpan(start, at - start), CultureInfo.InvariantCulture);
    }

    // The longest name that is one: what follows may be a full stop of the sentence.
    static ValueNode.Field? Field(string text, int at, out int end)
    {
        end = at;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '_' or '.')) end++;
        for (; end > at; end--)
        {
            var name = text[at..end];
            if (name[^1] == '.' || !IsField(name)) continue;
            var argument = Argument(text, ref end);
            return new(at, name, argument);
        }
        return null;
    }

    static bool IsField(string name)
    {
        if (FieldCatalogue.TryGet(name, out _)) return true;
        var dot = name.LastIndexOf('.');
        for (; dot > 0; dot = name.LastIndexOf('.', dot - 1))
        {
            if (FieldCatalogue.TryGet(name[..dot], out var field)) return field.Argument is FieldArgument.Key or FieldArgument.Any or FieldArgument.Parameter && field.Is(FieldTraits.ArgumentRequired);
        }
        return false;
    }

    static string? Argument(string text, ref int end)
    {
        if (end >= text.Length || text[end] != '[') return null;
        var close = text.IndexOf(']', end);
        if (close < 0) throw new ConditionException(end, "invalid formatting token: expected a ']'");
        var argument = text[(end + 1)..close];
        end = close + 1;
        return argument is ['"', .., '"'] or ['\'', .., '\''] ? argument[1..^1] : argument;
    }

    static string Word(string text, int at)
    {
        var end = text.AsSpan(at).IndexOfAny(s_ends);
        return end < 0 ? text[at..] : text[at..(at + end)];
    }
}
