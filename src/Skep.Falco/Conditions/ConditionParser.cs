using System.Globalization;
using System.Text;

namespace Skep.Falco.Conditions;

/// <summary>
/// Reads conditions by recursive descent. Keywords and operators match as prefixes without a word's boundary, as Falco's do: <c>a.b in(c)</c> and
/// <c>a.b exists</c> before anything are both read.
/// </summary>
sealed class ConditionParser
{
    public const int DeepestNesting = 1000;

    const string OrAnd = "'or', 'and'";

    readonly string _text;
    int _at;
    int _depth;
    string _last = "";

    ConditionParser(string text) => _text = text;

    /// <exception cref="ConditionException">It is wrong.</exception>
    public static ConditionNode Parse(string text)
    {
        var parser = new ConditionParser(text);
        parser.SkipBlanks();
        if (parser.AtEnd) throw parser.Error("filter input string is empty");
        var node = parser.ParseOr();
        parser.SkipBlanks();
        if (!parser.AtEnd) throw parser.Error($"unexpected token after '{parser._last}', expecting {OrAnd}");
        return node;
    }

    static ValueNode? ParseOperand(string text)
    {
        var parser = new ConditionParser(text);
        parser.SkipBlanks();
        var node = parser.TryField() ?? (ValueNode?)parser.TryTransformer(right: false);
        parser.SkipBlanks();
        return parser.AtEnd ? node : null;
    }

    /// <summary>Reads a field or a transformed value with nothing behind it, as exceptions name them; null when the text is none.</summary>
    public static ValueNode? ParseOperandOrNull(string text)
    {
        try
        {
            return ParseOperand(text);
        }
        catch (ConditionException)
        {
            return null;
        }
    }

    /// <summary>Reads the transformed value that a text begins with at a place; null when there is none.</summary>
    public static ValueNode? ParseTransformer(string text, int at, out int end)
    {
        var parser = new ConditionParser(text) { _at = at };
        var node = parser.TryTransformer(right: false);
        end = parser._at;
        return node;
    }

    bool AtEnd => _at >= _text.Length;

    ConditionNode ParseOr() => ParseGroup("or", ParseAnd, (at, parts) => new ConditionNode.Or(at, parts));

    ConditionNode ParseAnd() => ParseGroup("and", ParseNot, (at, parts) => new ConditionNode.And(at, parts));

    ConditionNode ParseGroup(string keyword, Func<ConditionNode> parsePart, Func<int, IReadOnlyList<ConditionNode>, ConditionNode> combine)
    {
        Enter();
        SkipBlanks();
        var start = _at;
        var first = parsePart();
        List<ConditionNode>? parts = null;
        SkipBlanks();
        while (TryWord(keyword))
        {
            parts ??= [first];
            if (!AtEnd && IsBlank(_text[_at]))
            {
                SkipBlanks();
                parts.Add(parsePart());
            }
            else
            {
                if (!TryWord("(")) throw Error($"expected blank or '(' after '{keyword}'");
                parts.Add(ParseParenthesised());
            }
            SkipBlanks();
        }
        _depth--;
        return parts is null ? first : combine(start, parts);
    }

    ConditionNode ParseParenthesised()
    {
        var node = ParseOr();
        SkipBlanks();
        if (!TryWord(")")) throw Error("expected a ')' token");
        return node;
    }

    ConditionNode ParseNot()
    {
        Enter();
        var start = _at;
        var negated = false;
        ConditionNode? node = null;
        while (node is null && _text.AsSpan(_at).StartsWith("not") && _at + 3 < _text.Length && (IsBlank(_text[_at + 3]) || _text[_at + 3] == '('))
        {
            negated = !negated;
            _last = "not";
            _at += 3;
            if (TryWord("(")) node = ParseParenthesised();
            else SkipBlanks();
        }
        node ??= ParseCheck();
        _depth--;
        return negated ? new ConditionNode.Not(start, node) : node;
    }

    ConditionNode ParseCheck()
    {
        SkipBlanks();
        if (TryWord("(")) return ParseParenthesised();
        var start = _at;
        var left = TryField() ?? (ValueNode?)TryTransformer(right: false);
        if (left is not null) return ParseComparison(start, left);
        if (TryIdentifier() is { } name) return new ConditionNode.Macro(start, name);
        throw Error("expected a '(' token, a field check, or an identifier");
    }

    ConditionNode ParseComparison(int start, ValueNode left)
    {
        SkipBlanks();
        if (TryWord("exists")) return new ConditionNode.Exists(start, left);
        foreach (var (word, comparison) in FalcoOperators.OfNumbers)
        {
            if (!TryWord(word)) continue;
            SkipBlanks();
            var number = TryNumber() ?? (ValueNode?)TryTransformer(right: true) ?? throw Error($"expected a number value or a field with a valid transformer: {Names}");
            return new ConditionNode.Check(start, left, comparison, word, FalcoModifier.None, number);
        }
        foreach (var (word, comparison) in FalcoOperators.OfTexts)
        {
            if (!TryWord(word)) continue;
            SkipBlanks();
            foreach (var (modifierWord, modifier) in FalcoOperators.Modifiers)
            {
                if (!TryWord(modifierWord)) continue;
                SkipBlanks();
                return new ConditionNode.Check(start, left, comparison, word.TrimEnd(), modifier, ParseList(transformers: false));
            }
            var text = TryTransformer(right: true) ?? (ValueNode?)TryText() ?? throw Error($"expected a string value or a field with a valid transformer: {Names}");
            return new ConditionNode.Check(start, left, comparison, word.TrimEnd(), FalcoModifier.None, text);
        }
        foreach (var (word, comparison) in FalcoOperators.OfLists)
        {
            if (!TryWord(word)) continue;
            SkipBlanks();
            return new ConditionNode.Check(start, left, comparison, word, FalcoModifier.None, ParseList(transformers: true));
        }
        throw Error($"expected a valid check operator: one of {FalcoOperators.Names}");
    }

    static string Names => string.Join(", ", Transformers.All.Select(t => $"'{t.Word}'"));

    // A name without parentheses is a list that nobody defined: those that are, are in the text already.
    ValueNode ParseList(bool transformers)
    {
        var start = _at;
        if (!AtEnd && _text[_at] == '(') return ParseItems();
        if (transformers && TryTransformer(right: true) is { } value) return value;
        if (TryBare() is { } name) return new ValueNode.List(start, [new(start, name)]);
        throw Error("expected a list of values, an identifier, or a field with a valid transformer");
    }

    ValueNode.List ParseItems()
    {
        var start = _at;
        _at++;
        var items = new List<ValueNode.Text>();
        SkipBlanks();
        if (TryWord(")")) return new(start, items);
        while (true)
        {
            SkipBlanks();
            items.Add(TryText() ?? throw Error("expected a string value in the list"));
            SkipBlanks();
            if (TryWord(",")) continue;
            if (TryWord(")")) return new(start, items);
            throw Error("expected a ')' token");
        }
    }

    ValueNode.Field? TryField()
    {
        var start = _at;
        var end = Name(_at);
        var dots = 0;
        while (end > 0 && end < _text.Length && _text[end] == '.' && Name(end + 1) is var next and > 0)
        {
            end = next;
            dots++;
        }
        if (dots == 0) return null;
        var name = _last = _text[start..end];
        _at = end;
        return new(start, name, TryArgument());
    }

    string? TryArgument()
    {
        if (AtEnd || _text[_at] != '[') return null;
        _at++;
        string argument;
        if (!AtEnd && _text[_at] is '"' or '\'')
        {
            argument = ParseQuoted();
        }
        else
        {
            var start = _at;
            while (!AtEnd && _text[_at] is not ('[' or ']' or '"' or '\'') && !IsSpace(_text[_at])) _at++;
            if (_at == start) throw Error("expected a valid field argument: a quoted string or a bare string");
            argument = _text[start.._at];
        }
        if (!TryWord("]")) throw Error("expected a ']' token");
        return argument;
    }

    ValueNode.Transformed? TryTransformer(bool right)
    {
        var start = _at;
        foreach (var (word, transformer) in Transformers.All)
        {
            if (!_text.AsSpan(_at).StartsWith(word) || _at + word.Length >= _text.Length || _text[_at + word.Length] != '(') continue;
            if (transformer == Transformer.Value && !right) continue;
            Enter();
            _last = word + "(";
            _at += word.Length + 1;
            var arguments = new List<ValueNode>();
            do
            {
                SkipBlanks();
                arguments.Add(transformer == Transformer.Value ? TryField() ?? throw Error("expected a field within 'val('") : ParseTransformerArgument());
                SkipBlanks();
            }
            while (TryWord(","));
            if (!TryWord(")")) throw Error("expected a ')' token closing the transformer");
            if (arguments.Count > 1 && transformer is not (Transformer.Join or Transformer.Concat or Transformer.GetOption))
                throw Error($"'{word}' takes one value");
            _depth--;
            return new(start, transformer, arguments, transformer == Transformer.GetOption ? TryArgument() : null);
        }
        return null;
    }

    ValueNode ParseTransformerArgument()
    {
        if (!AtEnd && _text[_at] == '(') return ParseItems();
        var start = _at;
        if (!AtEnd && _text[_at] is '"' or '\'') return new ValueNode.Text(start, ParseQuoted());
        return TryField() ?? TryTransformer(right: false) ?? (ValueNode?)TryNumber() ?? throw Error("expected a field, a transformer, a quoted string, a number or a list within the transformer");
    }

    ValueNode.Text? TryText()
    {
        var start = _at;
        if (!AtEnd && _text[_at] is '"' or '\'') return new(start, ParseQuoted());
        return TryBare() is { } bare ? new(start, bare) : null;
    }

    string? TryBare()
    {
        var start = _at;
        while (!AtEnd && _text[_at] is not ('(' or ')' or '"' or '\'' or '=' or ',') && !IsSpace(_text[_at])) _at++;
        if (_at == start) return null;
        return _last = _text[start.._at];
    }

    string ParseQuoted()
    {
        var quote = _text[_at++];
        var start = _at;
        var value = new StringBuilder();
        while (true)
        {
            if (AtEnd) throw Error($"expected a {quote} closing the string");
            var c = _text[_at++];
            if (c == quote) break;
            if (c == '\0') throw Error("the string has a NUL character");
            value.Append(c == '\\' ? ParseEscape(quote) : c);
        }
        _last = _text[start..(_at - 1)];
        return value.ToString();
    }

    char ParseEscape(char quote)
    {
        if (AtEnd) throw Error("unsupported string escape sequence: \\");
        var c = _text[_at++];
        switch (c)
        {
            case 'b': return '\b';
            case 'f': return '\f';
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            // The blank is eaten: rules in the wild rely on it.
            case '\\' or ' ': return '\\';
            case '/': return '/';
            case '"' or '\'' when c == quote: return c;
            case 'x' when _at + 2 <= _text.Length && byte.TryParse(_text.AsSpan(_at, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value):
                if (value == 0) throw Error("the string has a NUL character");
                _at += 2;
                return FalcoText.OfByte(value);
            default:
                _at--;
                throw Error($"unsupported string escape sequence: \\{c}");
        }
    }

    ValueNode.Text? TryNumber()
    {
        var start = _at;
        var end = HexEnd(start);
        if (end < 0) end = DecimalEnd(start);
        if (end < 0) return null;
        _at = end;
        return new(start, _last = _text[start..end]);
    }

    int HexEnd(int at)
    {
        if (at + 2 >= _text.Length || _text[at] != '0' || _text[at + 1] is not ('x' or 'X')) return -1;
        var end = at + 2;
        while (end < _text.Length && char.IsAsciiHexDigit(_text[end])) end++;
        return end > at + 2 ? end : -1;
    }

    int DecimalEnd(int at)
    {
        if (at < _text.Length && _text[at] is '+' or '-') at++;
        var end = Digits(at);
        if (end == at) return -1;
        if (end < _text.Length && _text[end] == '.') end = Digits(end + 1);
        if (end + 2 < _text.Length && _text[end] is 'e' or 'E' && _text[end + 1] is '+' or '-' && char.IsAsciiDigit(_text[end + 2])) end = Digits(end + 2);
        return end;
    }

    int Digits(int at)
    {
        while (at < _text.Length && char.IsAsciiDigit(_text[at])) at++;
        return at;
    }

    string? TryIdentifier()
    {
        var end = Name(_at);
        if (end < 0) return null;
        var name = _last = _text[_at..end];
        _at = end;
        return name;
    }

    // The end of [a-zA-Z]+[a-zA-Z0-9_]*, or -1.
    int Name(int at)
    {
        if (at >= _text.Length || !char.IsAsciiLetter(_text[at])) return -1;
        while (at < _text.Length && (char.IsAsciiLetterOrDigit(_text[at]) || _text[at] == '_')) at++;
        return at;
    }

    bool TryWord(string word)
    {
        if (!_text.AsSpan(_at).StartsWith(word, StringComparison.Ordinal)) return false;
        _at += word.Length;
        _last = word.TrimEnd();
        return true;
    }

    void SkipBlanks()
    {
        while (!AtEnd && IsBlank(_text[_at])) _at++;
    }

    static bool IsBlank(char c) => c is ' ' or '\t' or '\n' or '\r' or '\b';

    static bool IsSpace(char c) => c is ' ' or (>= '\t' and <= '\r');

    void Enter()
    {
        if (++_depth > DeepestNesting * 3) throw Error($"exceeded max depth limit of {DeepestNesting}");
    }

    ConditionException Error(string message) => new(_at, message);
}
