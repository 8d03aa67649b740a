using System.Text;

namespace Skep.Bpf;

/// <summary>
/// A kernel message with placeholders: <c>R{register} !read_ok</c> matches a line that starts so and yields the values by name.
/// A leading <c>*</c> lets the text start anywhere in the line. Letter case is ignored, and so is what follows the template.
/// </summary>
sealed class MessageTemplate
{
    readonly string[] _literals;
    readonly string[] _names;
    readonly bool _floats;

    public MessageTemplate(string template)
    {
        Text = template;
        _floats = template.StartsWith('*');
        if (_floats) template = template[1..];
        var literals = new List<string>();
        var names = new List<string>();
        var position = 0;
        while (true)
        {
            var open = template.IndexOf('{', position);
            if (open < 0) break;
            var close = template.IndexOf('}', open);
            literals.Add(template[position..open]);
            names.Add(template[(open + 1)..close]);
            position = close + 1;
        }
        literals.Add(template[position..]);
        (_literals, _names) = ([.. literals], [.. names]);
    }

    public string Text { get; }

    /// <summary>Matches a line; values are added under the placeholders' names.</summary>
    public bool Matches(string line, Dictionary<string, string> values)
    {
        var start = _floats ? line.IndexOf(_literals[0], StringComparison.OrdinalIgnoreCase) : 0;
        while (start >= 0)
        {
            values.Clear();
            if (MatchesAt(line, start, values)) return true;
            if (!_floats || start + 1 >= line.Length) return false;
            start = line.IndexOf(_literals[0], start + 1, StringComparison.OrdinalIgnoreCase);
        }
        return false;
    }

    /// <summary>Puts values into a text with placeholders of the same names; unknown ones become "?".</summary>
    public static string Fill(string text, Dictionary<string, string> values)
    {
        if (!text.Contains('{', StringComparison.Ordinal)) return text;
        var result = new StringBuilder(text.Length + 32);
        var position = 0;
        while (position < text.Length)
        {
            var open = text.IndexOf('{', position);
            if (open < 0) break;
            var close = text.IndexOf('}', open);
            result.Append(text, position, open - position).Append(values.GetValueOrDefault(text[(open + 1)..close], "?"));
            position = close + 1;
        }
        return result.Append(text, position, text.Length - position).ToString();
    }

    bool MatchesAt(string line, int start, Dictionary<string, string> values)
    {
        if (string.Compare(line, start, _literals[0], 0, _literals[0].Length, StringComparison.OrdinalIgnoreCase) != 0) return false;
        var position = start + _literals[0].Length;
        for (var i = 0; i < _names.Length; i++)
        {
            var numeric = _names[i] is "register" or "index" or "target" or "offset" or "size" or "length" or "number";
            int end;
            if (numeric)
            {
                end = position;
                while (end < line.Length && (char.IsAsciiDigit(line[end]) || line[end] == '-' && end == position)) end++;
                if (end == position) return false;
            }
            else if (_literals[i + 1].Length == 0)
            {
                end = line.Length;
            }
            else
            {
                end = line.IndexOf(_literals[i + 1], position, StringComparison.OrdinalIgnoreCase);
                if (end < 0) return false;
            }
            values[_names[i]] = line[position..end];
            position = end;
            if (string.Compare(line, position, _literals[i + 1], 0, _literals[i + 1].Length, StringComparison.OrdinalIgnoreCase) != 0) return false;
            position += _literals[i + 1].Length;
        }
        return true;
    }
}
