using System.Buffers;
using System.Text;

namespace Skep.Falco.Loading;

/// <summary>
/// Puts the items of lists where their names stand in a text. It is done list by list in the order of their definition, and by text: a name is one wherever
/// blanks, parentheses, commas or equals signs surround it. An item that names an earlier list is replaced by that list's own items, once.
/// </summary>
sealed class ListExpander
{
    /// <summary>Lists that name each other twice grow without bound.</summary>
    const int LongestText = 4_000_000;

    static readonly SearchValues<char> s_delimiters = SearchValues.Create(" \t\n\r(),=");

    readonly List<(ListInfo List, string Items)> _lists = [];
    readonly HashSet<string> _used = new(StringComparer.Ordinal);

    public ListExpander(IReadOnlyDictionary<string, ListInfo> lists)
    {
        foreach (var list in lists.Values.OrderBy(l => l.Index))
        {
            var items = new List<string>();
            foreach (var item in list.Items)
            {
                if (lists.TryGetValue(item, out var other) && other.Index < list.Index)
                {
                    _used.Add(item);
                    items.AddRange(other.Items);
                }
                else
                {
                    items.Add(item);
                }
            }
            _lists.Add((list, string.Join(", ", items.Select(ExceptionText.Quoted))));
        }
    }

    public IEnumerable<ListInfo> Unused => _lists.Select(l => l.List).Where(l => !_used.Contains(l.Name));

    /// <returns>The text, and for each of its characters where it was before; null when it becomes too long.</returns>
    public (string Text, int[] Origins)? Expand(string text)
    {
        var origins = new int[text.Length];
        for (var i = 0; i < origins.Length; i++) origins[i] = i;
        foreach (var (list, items) in _lists)
        {
            if (list.Name.Length == 0 || FindName(text, list.Name, 0) is var at && at < 0) continue;
            _used.Add(list.Name);
            (text, origins) = Replace(text, origins, list.Name, items, at);
            if (text.Length > LongestText) return null;
        }
        return (text, origins);
    }

    static (string Text, int[] Origins) Replace(string text, int[] origins, string name, string items, int at)
    {
        var replaced = new StringBuilder(text.Length + items.Length);
        var replacedOrigins = new List<int>(text.Length + items.Length);
        var from = 0;
        for (; at >= 0; at = FindName(text, name, from))
        {
            var end = at + name.Length;
            var keep = at;
            if (items.Length == 0) (keep, end) = WithComma(text, at, end, from);
            replaced.Append(text, from, keep - from).Append(items);
            replacedOrigins.AddRange(origins.AsSpan(from, keep - from));
            for (var i = 0; i < items.Length; i++) replacedOrigins.Add(origins[at]);
            from = end;
            if (replaced.Length > LongestText) break;
        }
        replaced.Append(text, from, text.Length - from);
        replacedOrigins.AddRange(origins.AsSpan(from));
        return (replaced.ToString(), [.. replacedOrigins]);
    }

    // Nothing in the place of a name would leave two commas, or one too many at an end.
    static (int Start, int End) WithComma(string text, int start, int end, int least)
    {
        var next = end;
        while (next < text.Length && char.IsWhiteSpace(text[next])) next++;
        if (next < text.Length && text[next] == ',') return (start, next + 1);
        var before = start - 1;
        while (before >= least && char.IsWhiteSpace(text[before])) before--;
        return before >= least && text[before] == ',' ? (before, end) : (start, end);
    }

    static int FindName(string text, string name, int from)
    {
        for (var at = text.IndexOf(name, from, StringComparison.Ordinal); at >= 0; at = text.IndexOf(name, at + 1, StringComparison.Ordinal))
        {
            var end = at + name.Length;
            if ((at == 0 || s_delimiters.Contains(text[at - 1])) && (end == text.Length || s_delimiters.Contains(text[end]))) return at;
        }
        return -1;
    }
}
