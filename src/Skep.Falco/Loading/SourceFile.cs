using Skep.Yaml;

namespace Skep.Falco.Loading;

/// <summary>A file's text and where its lines begin.</summary>
sealed class SourceFile
{
    const int WidestSnippet = 160;

    readonly List<int> _lines = [0];

    public SourceFile(string name, string text)
    {
        (Name, Text) = (name, text);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n') _lines.Add(i + 1);
        }
    }

    public string Name { get; }

    public string Text { get; }

    public int OffsetOf(Position at) => Math.Min(Text.Length, _lines[Math.Clamp(at.Line - 1, 0, _lines.Count - 1)] + at.Column - 1);

    public Position PositionOf(int offset)
    {
        var line = _lines.BinarySearch(offset);
        if (line < 0) line = ~line - 1;
        return new(line + 1, offset - _lines[line] + 1);
    }

    /// <summary>The line around a place and a mark below it.</summary>
    public string Snippet(int offset)
    {
        offset = Math.Clamp(offset, 0, Text.Length);
        var position = PositionOf(offset);
        var start = _lines[position.Line - 1];
        var end = Text.IndexOf('\n', start);
        if (end < 0) end = Text.Length;
        var column = offset - start;
        if (end - start > WidestSnippet)
        {
            start = Math.Max(start, offset - WidestSnippet / 2);
            end = Math.Min(end, start + WidestSnippet);
            column = offset - start;
        }
        return $"{Text[start..end].TrimEnd('\r')}\n{new string(' ', column)}^\n";
    }
}
