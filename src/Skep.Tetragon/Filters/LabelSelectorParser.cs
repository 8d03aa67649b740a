using Skep.Engine.Rules;

namespace Skep.Tetragon.Filters;

/// <summary>
/// Reads label selectors as Kubernetes writes them: <c>app=web,tier in (a, b),!canary,zone notin (x),env!=dev,track</c>.
/// </summary>
public static class LabelSelectorParser
{
    const int MaxName = 63, MaxPrefix = 253;

    /// <summary>Reads a selector; an empty one selects everything.</summary>
    /// <exception cref="FilterException">It is none.</exception>
    public static LabelSelector Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var reader = new Reader(text);
        var terms = new List<LabelTerm>();
        if (reader.AtEnd) return new LabelSelector(terms);
        do terms.Add(reader.Term());
        while (reader.TryTake(","));
        if (!reader.AtEnd) throw reader.Error("a comma is expected between terms");
        return new LabelSelector(terms);
    }

    ref struct Reader(string text)
    {
        int _at;

        public bool AtEnd
        {
            get
            {
                SkipSpace();
                return _at >= text.Length;
            }
        }

        public LabelTerm Term()
        {
            if (TryTake("!")) return new LabelTerm(Key(), LabelOperator.DoesNotExist, []);
            var key = Key();
            if (AtEnd || text[_at] == ',') return new LabelTerm(key, LabelOperator.Exists, []);
            if (TryTake("!=")) return new LabelTerm(key, LabelOperator.NotIn, [Value()]);
            if (TryTake("==") || TryTake("=")) return new LabelTerm(key, LabelOperator.In, [Value()]);
            var word = Word();
            return word switch
            {
                "in" => new LabelTerm(key, LabelOperator.In, Values()),
                "notin" => new LabelTerm(key, LabelOperator.NotIn, Values()),
                "gt" or "lt" => throw Error("numbers are not compared in selectors of pods"),
                _ => throw Error("=, ==, !=, in or notin is expected after a key"),
            };
        }

        public bool TryTake(string token)
        {
            SkipSpace();
            if (!text.AsSpan(_at).StartsWith(token)) return false;
            _at += token.Length;
            return true;
        }

        public readonly FilterException Error(string message) => new($"bad label selector: {message} at character {_at + 1} of \"{text}\"");

        List<string> Values()
        {
            if (!TryTake("(")) throw Error("( is expected before the values");
            var values = new List<string>();
            do values.Add(Value());
            while (TryTake(","));
            if (!TryTake(")")) throw Error(") is expected after the values");
            return values;
        }

        string Key()
        {
            var key = Word();
            var slash = key.IndexOf('/', StringComparison.Ordinal);
            var name = slash < 0 ? key : key[(slash + 1)..];
            if (!IsName(name) || (slash >= 0 && !IsDomain(key[..slash]))) throw Error($"\"{key}\" is no key of a label");
            return key;
        }

        string Value()
        {
            var value = Word();
            return value.Length == 0 || IsName(value) ? value : throw Error($"\"{value}\" is no value of a label");
        }

        string Word()
        {
            SkipSpace();
            var start = _at;
            while (_at < text.Length && !char.IsWhiteSpace(text[_at]) && text[_at] is not (',' or '(' or ')' or '=' or '!' or '<' or '>')) _at++;
            return text[start.._at];
        }

        void SkipSpace()
        {
            while (_at < text.Length && char.IsWhiteSpace(text[_at])) _at++;
        }
    }

    static bool IsName(string text) => text.Length is > 0 and <= MaxName && char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1])
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    static bool IsDomain(string text) => text.Length is > 0 and <= MaxPrefix
        && text.Split('.').All(part => part.Length > 0 && char.IsAsciiLetterOrDigit(part[0]) && char.IsAsciiLetterOrDigit(part[^1])
            && part.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'));
}
