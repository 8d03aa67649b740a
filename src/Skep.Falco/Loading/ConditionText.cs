using System.Text;
using Skep.Yaml;

namespace Skep.Falco.Loading;

/// <summary>A condition or an output, put together from parts that stand at different places of the files.</summary>
sealed class ConditionText
{
    readonly StringBuilder _text = new();
    readonly List<(int Start, SourceFile File, YamlScalar Node)> _parts = [];

    ConditionText()
    {
    }

    public ConditionText(SourceFile file, YamlScalar node) => Append(file, node);

    public override string ToString() => _text.ToString();

    public ConditionText Copy()
    {
        var copy = new ConditionText();
        copy._text.Append(_text);
        copy._parts.AddRange(_parts);
        return copy;
    }

    public void Append(SourceFile file, YamlScalar node)
    {
        if (_parts.Count > 0) _text.Append(' ');
        _parts.Add((_text.Length, file, node));
        // A folded text ends in a line break that nobody wrote for its own sake.
        _text.Append(node.Text.Trim());
    }

    /// <summary>The place in a file of a place in this text.</summary>
    public (SourceFile File, Position Place) Locate(int offset)
    {
        var index = _parts.FindLastIndex(p => p.Start <= offset);
        var (start, file, node) = _parts[Math.Max(index, 0)];
        return (file, Align(file, node, node.Text.Trim(), offset - start));
    }

    // YAML folds lines and eats indentation, but what is no blank stands in the file in the same order.
    static Position Align(SourceFile file, YamlScalar node, string text, int offset)
    {
        var source = file.Text;
        var at = file.OffsetOf(node.At);
        if (at < source.Length && source[at] is '|' or '>') at = source.IndexOf('\n', at) is var end and >= 0 ? end : source.Length;
        else if (at < source.Length && source[at] is '"' or '\'') at++;
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsWhiteSpace(text[i])) continue;
            while (at < source.Length && (char.IsWhiteSpace(source[at]) || (source[at] != text[i] && source[at] is '\\' or '\''))) at++;
            if (at >= source.Length || source[at] != text[i]) return node.At;
            if (i >= offset) return file.PositionOf(at);
            at++;
        }
        return text.Length > 0 ? file.PositionOf(Math.Min(at, source.Length)) : node.At;
    }
}
