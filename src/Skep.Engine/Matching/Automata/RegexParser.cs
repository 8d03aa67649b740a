using System.Buffers;
using System.Text;

namespace Skep.Engine.Matching.Automata;

/// <summary>
/// RE2's syntax over bytes, in one pass. Characters beyond ASCII are their UTF-8 bytes; <c>.</c>, <c>\C</c> and negated classes stand for one byte each, so that
/// texts which are no valid UTF-8, as paths may be, can match too. Letters of both cases are the same for <c>(?i)</c> in ASCII only. What depends on the
/// locale (<c>\p</c>) is refused here; what depends on the surroundings of a place (<c>\b</c>, <c>(?m)</c>) by the automata.
/// </summary>
ref struct RegexParser
{
    const int MaxDepth = 250;
    const int MaxRepeat = 1000;

    static readonly SearchValues<byte> s_nameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"u8);

    readonly ReadOnlySpan<byte> _text;
    int _at;
    int _depth;
    bool _ignoresCase;
    bool _dotMatchesNewline;
    bool _anchorsAtLines;

    RegexParser(ReadOnlySpan<byte> text) => _text = text;

    bool AtEnd => _at >= _text.Length;

    public static PatternNode Parse(ReadOnlySpan<byte> expression)
    {
        var parser = new RegexParser(expression);
        var node = parser.ParseChoice();
        if (!parser.AtEnd) throw parser.Error("unexpected )");
        return node;
    }

    PatternNode ParseChoice()
    {
        if (++_depth > MaxDepth) throw Error($"groups are nested deeper than {MaxDepth}");
        var choices = new List<PatternNode>();
        do choices.Add(ParseSequence());
        while (TryTake('|'));
        _depth--;
        return choices.Count == 1 ? choices[0] : new PatternNode.Choice(choices);
    }

    PatternNode ParseSequence()
    {
        var parts = new List<PatternNode>();
        while (!AtEnd && _text[_at] is not ((byte)'|' or (byte)')'))
        {
            var start = _at;
            if (ParseAtom() is not { } atom) continue;
            var repeated = false;
            while (TryParseRepeat(out var minimum, out var maximum))
            {
                if (repeated) throw Error($"bad repetition operator {Encoding.UTF8.GetString(_text[start.._at])}", start);
                atom = new PatternNode.Repeat(atom, minimum, maximum);
                repeated = true;
            }
            parts.Add(atom);
        }
        return parts.Count == 1 ? parts[0] : new PatternNode.Sequence(parts);
    }

    /// <summary>One atom; null for what is only a setting.</summary>
    PatternNode? ParseAtom()
    {
        var c = _text[_at];
        switch (c)
        {
            case (byte)'(': return ParseGroup();
            case (byte)'[': return ParseClass();
            case (byte)'\\': return ParseEscape();
            case (byte)'*' or (byte)'+' or (byte)'?': throw Error($"nothing to repeat before {(char)c}");
            case (byte)'.':
                _at++;
                return new PatternNode.Set(_dotMatchesNewline ? ByteSet.All : ~ByteSet.Of((byte)'\n'));
            case (byte)'^':
                return _anchorsAtLines ? new PatternNode.LineStart(_at++) : Skip(new PatternNode.TextStart());
            case (byte)'$':
                return _anchorsAtLines ? new PatternNode.LineEnd(_at++) : Skip(new PatternNode.TextEnd());
            default:
                return Character(TakeCharacter());
        }
    }

    PatternNode Skip(PatternNode node)
    {
        _at++;
        return node;
    }

    PatternNode? ParseGroup()
    {
        var start = _at++;
        var (ignoresCase, dot, lines) = (_ignoresCase, _dotMatchesNewline, _anchorsAtLines);
        if (TryTake('?'))
        {
            if (TryTake('P'))
            {
                if (!TryTake('<')) throw Error("(?P needs a <name>", start);
                SkipName(start);
            }
            else if (!AtEnd && _text[_at] == '<' && _at + 1 < _text.Length && _text[_at + 1] is not ((byte)'=' or (byte)'!'))
            {
                _at++;
                SkipName(start);
            }
            else if (ParseFlags(start))
            {
                return null;
            }
        }
        var inner = ParseChoice();
        if (!TryTake(')')) throw Error("missing )", start);
        (_ignoresCase, _dotMatchesNewline, _anchorsAtLines) = (ignoresCase, dot, lines);
        return inner;
    }

    void SkipName(int start)
    {
        var length = _text[_at..].IndexOf((byte)'>');
        if (length <= 0 || _text.Slice(_at, length).ContainsAnyExcept(s_nameCharacters)) throw Error("bad group name", start);
        _at += length + 1;
    }

    /// <summary>Flags after <c>(?</c>; true when they are all of the group and hold from here on.</summary>
    bool ParseFlags(int start)
    {
        var on = true;
        var any = false;
        while (!AtEnd)
        {
            var c = _text[_at++];
            switch (c)
            {
                case (byte)'i': _ignoresCase = on; break;
                case (byte)'s': _dotMatchesNewline = on; break;
                // Which of several matches is found is no question here.
                case (byte)'U': break;
                case (byte)'m': _anchorsAtLines = on; break;
                case (byte)'-' when on: on = false; any = false; continue;
                case (byte)':' when on || any: return false;
                case (byte)')' when any: return true;
                case (byte)'=' or (byte)'!' or (byte)'<' or (byte)'>': throw Error("lookaround is no RE2 syntax", start);
                default: throw Error("bad group flags", start);
            }
            any = true;
        }
        throw Error("missing )", start);
    }

    bool TryParseRepeat(out int minimum, out int maximum)
    {
        (minimum, maximum) = (0, -1);
        if (AtEnd) return false;
        var start = _at;
        switch (_text[_at])
        {
            case (byte)'*': _at++; break;
            case (byte)'+': _at++; minimum = 1; break;
            case (byte)'?': _at++; maximum = 1; break;
            case (byte)'{':
                if (!TryParseCounts(out minimum, out maximum)) return false;
                if (minimum > MaxRepeat || maximum > MaxRepeat) throw Error($"a repetition of more than {MaxRepeat}", start);
                if (maximum >= 0 && maximum < minimum) throw Error("a repetition whose maximum is below its minimum", start);
                break;
            default: return false;
        }
        TryTake('?');
        return true;
    }

    // Braces that hold no counts stand for themselves.
    bool TryParseCounts(out int minimum, out int maximum)
    {
        var start = _at++;
        maximum = -1;
        if (TryParseNumber(out minimum))
        {
            if (TryTake('}'))
            {
                maximum = minimum;
                return true;
            }
            if (TryTake(','))
            {
                if (TryTake('}')) return true;
                if (TryParseNumber(out maximum) && TryTake('}')) return true;
            }
        }
        _at = start;
        return false;
    }

    bool TryParseNumber(out int number)
    {
        number = 0;
        var start = _at;
        for (; !AtEnd && _text[_at] is >= (byte)'0' and <= (byte)'9'; _at++) number = Math.Min(number * 10 + _text[_at] - '0', MaxRepeat + 1);
        return _at > start;
    }

    PatternNode ParseEscape()
    {
        var start = _at;
        if (TryParseNamedSet(out var set)) return new PatternNode.Set(set);
        if (_at + 1 < _text.Length)
        {
            switch (_text[_at + 1])
            {
                case (byte)'A': _at += 2; return new PatternNode.TextStart();
                case (byte)'z': _at += 2; return new PatternNode.TextEnd();
                case (byte)'C': _at += 2; return new PatternNode.Set(ByteSet.All);
                case (byte)'Q': _at += 2; return ParseQuoted();
                case (byte)'b' or (byte)'B': _at += 2; return new PatternNode.WordBoundary(_text[start + 1] == 'B', start);
                case >= (byte)'1' and <= (byte)'9': throw Error("backreferences are no RE2 syntax", start);
            }
        }
        return Character(ParseEscapedCharacter());
    }

    PatternNode ParseQuoted()
    {
        var length = _text[_at..].IndexOf("\\E"u8);
        var quoted = length < 0 ? _text[_at..] : _text.Slice(_at, length);
        _at += quoted.Length + (length < 0 ? 0 : 2);
        // A repetition applies to the last character alone, so the others may be grouped.
        if (quoted.Length == 0) return PatternNode.Empty;
        var parts = new List<PatternNode>();
        foreach (var c in quoted) parts.Add(Folded(ByteSet.Of(c)));
        if (parts.Count > 1 && !AtEnd && _text[_at] is (byte)'*' or (byte)'+' or (byte)'?' or (byte)'{' && TryParseRepeat(out var minimum, out var maximum))
        {
            parts[^1] = new PatternNode.Repeat(parts[^1], minimum, maximum);
        }
        return new PatternNode.Sequence(parts);
    }

    /// <summary>Perl's sets: <c>\d</c> and the like.</summary>
    bool TryParseNamedSet(out ByteSet set)
    {
        set = default;
        if (_at + 1 >= _text.Length) return false;
        switch (_text[_at + 1])
        {
            case (byte)'d': set = CharacterClass.Digit; break;
            case (byte)'D': set = ~CharacterClass.Digit; break;
            case (byte)'s': set = CharacterClass.Space; break;
            case (byte)'S': set = ~CharacterClass.Space; break;
            case (byte)'w': set = CharacterClass.Word; break;
            case (byte)'W': set = ~CharacterClass.Word; break;
            case (byte)'p' or (byte)'P': throw Unsupported("Unicode classes are not supported", _at);
            default: return false;
        }
        _at += 2;
        return true;
    }

    Rune ParseEscapedCharacter()
    {
        var start = _at++;
        if (AtEnd) throw Error("a backslash at the end", start);
        var c = _text[_at];
        switch (c)
        {
            case (byte)'a': _at++; return new Rune('\a');
            case (byte)'f': _at++; return new Rune('\f');
            case (byte)'n': _at++; return new Rune('\n');
            case (byte)'r': _at++; return new Rune('\r');
            case (byte)'t': _at++; return new Rune('\t');
            case (byte)'v': _at++; return new Rune('\v');
            case (byte)'x': _at++; return ParseHexadecimal(start);
            case (byte)'0':
                var octal = 0;
                for (var digits = 0; digits < 3 && !AtEnd && _text[_at] is >= (byte)'0' and <= (byte)'7'; digits++) octal = octal * 8 + _text[_at++] - '0';
                return new Rune(octal);
            case >= 128: return TakeCharacter();
            default:
                if (CharacterClass.Word.Contains(c) && c != '_') throw Error($"unknown escape \\{(char)c}", start);
                _at++;
                return new Rune((char)c);
        }
    }

    Rune ParseHexadecimal(int start)
    {
        var braces = TryTake('{');
        long value = 0;
        var digits = 0;
        for (; !AtEnd && Uri.IsHexDigit((char)_text[_at]) && (braces || digits < 2); digits++) value = Math.Min(value * 16 + Convert.ToInt32(((char)_text[_at++]).ToString(), 16), int.MaxValue);
        if (digits == 0 || (!braces && digits < 2) || (braces && !TryTake('}')) || !Rune.IsValid((int)value)) throw Error("bad \\x escape", start);
        return new Rune((int)value);
    }

    PatternNode ParseClass()
    {
        var start = _at++;
        var negated = TryTake('^');
        var set = default(ByteSet);
        var others = new List<Rune>();
        for (var first = true; ; first = false)
        {
            if (AtEnd) throw Error("missing ]", start);
            if (_text[_at] == ']' && !first) break;
            if (TryParsePosixSet(out var named) || (_text[_at] == '\\' && TryParseNamedSet(out named)))
            {
                set |= named;
                continue;
            }
            var at = _at;
            var low = TakeClassCharacter();
            var high = low;
            if (_at + 1 < _text.Length && _text[_at] == '-' && _text[_at + 1] != ']')
            {
                _at++;
                high = TakeClassCharacter();
                if (high < low) throw Error("a range whose end is before its start", at);
            }
            if (high.IsAscii) set |= ByteSet.Range(low.Value, high.Value);
            else if (high == low) others.Add(low);
            else throw Unsupported("ranges beyond ASCII are not supported", at);
        }
        _at++;
        if (_ignoresCase) set = set.IgnoringCase();
        if (!negated) return others.Count == 0 ? new PatternNode.Set(set) : new PatternNode.Choice([new PatternNode.Set(set), .. others.Select(Encoded)]);
        return others.Count == 0 ? new PatternNode.Set(~set) : throw Unsupported("a negated class with characters beyond ASCII is not supported", start);
    }

    bool TryParsePosixSet(out ByteSet set)
    {
        set = default;
        if (_at + 1 >= _text.Length || _text[_at] != '[' || _text[_at + 1] != ':') return false;
        var rest = _text[(_at + 2)..];
        var length = rest.IndexOf(":]"u8);
        if (length < 0) return false;
        var name = rest[..length];
        var negated = name.Length > 0 && name[0] == '^';
        if (!CharacterClass.TryFind(negated ? name[1..] : name, out set)) throw Error("unknown character class", _at);
        if (negated) set = ~set;
        _at += length + 4;
        return true;
    }

    Rune TakeClassCharacter()
    {
        if (AtEnd) throw Error("missing ]");
        return _text[_at] == '\\' ? ParseEscapedCharacter() : TakeCharacter();
    }

    Rune TakeCharacter()
    {
        if (Rune.DecodeFromUtf8(_text[_at..], out var rune, out var length) != OperationStatus.Done) throw Error("invalid UTF-8");
        _at += length;
        return rune;
    }

    readonly PatternNode Character(Rune rune) => rune.IsAscii ? Folded(ByteSet.Of((byte)rune.Value)) : Encoded(rune);

    readonly PatternNode.Set Folded(ByteSet set) => new(_ignoresCase ? set.IgnoringCase() : set);

    static PatternNode Encoded(Rune rune)
    {
        Span<byte> bytes = stackalloc byte[4];
        return PatternNode.Bytes(bytes[..rune.EncodeToUtf8(bytes)]);
    }

    bool TryTake(char c)
    {
        if (AtEnd || _text[_at] != c) return false;
        _at++;
        return true;
    }

    readonly PatternSyntaxException Error(string message, int? at = null) => new(message, at ?? _at);

    static PatternSyntaxException Unsupported(string message, int at) => new(message, at, LeftOutReason.Unsupported);
}
