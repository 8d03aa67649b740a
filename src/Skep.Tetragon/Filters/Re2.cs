using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Skep.Tetragon.Filters;

/// <summary>
/// Regular expressions in RE2's syntax, as Go's library reads it, matched in time linear in the text. What that library refuses is refused here, too.
/// Two differences: names of scripts (<c>\p{Greek}</c>) are refused, and letters beyond ASCII count as parts of words for <c>\b</c>.
/// </summary>
public static class Re2
{
    /// <summary>Prepares an expression.</summary>
    /// <exception cref="FilterException">It is none; the message says where.</exception>
    public static Regex Compile(string expression)
    {
        ArgumentNullException.ThrowIfNull(expression);
        var translated = new Translator(expression).Translate();
        try
        {
            return new Regex(translated, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw new FilterException($"the expression cannot be compiled: {error.Message}", error);
        }
    }

    /// <summary>Checks an expression and returns it in .NET's syntax.</summary>
    internal static string Translate(string expression) => new Translator(expression).Translate();

    ref struct Translator(string expression)
    {
        // Both cases of a negated class are sought among all letters: such a class counts for many states.
        const int MaxRepeat = 1000, MaxDepth = 250, MaxSize = 20_000, MaxTranslated = 1 << 18, CasedClassSize = 200;

        readonly string _text = expression;
        readonly StringBuilder _out = new();
        readonly HashSet<string> _names = new(StringComparer.Ordinal);
        int _at;
        bool _ignoresCase, _isMultiline, _dotIsAll, _isUngreedy;

        readonly bool AtEnd => _at >= _text.Length;

        public string Translate()
        {
            for (var i = 0; i < _text.Length; i++)
            {
                if (!char.IsSurrogate(_text[i])) continue;
                if (i + 1 >= _text.Length || !char.IsSurrogatePair(_text[i], _text[++i])) throw Error("half of a character", i);
            }
            Alternation(0);
            if (!AtEnd) throw Error("unexpected )", _at);
            return _out.ToString();
        }

        /// <summary>Returns how many states the part needs.</summary>
        long Alternation(int depth)
        {
            if (depth > MaxDepth) throw Error("groups are nested too deeply", _at);
            var flags = (_ignoresCase, _isMultiline, _dotIsAll, _isUngreedy);
            long size = 1;
            while (true)
            {
                size += Sequence(depth);
                if (size > MaxSize) throw Error("the expression is too large", 0);
                if (AtEnd || _text[_at] != '|') break;
                _at++;
                _out.Append('|');
            }
            (_ignoresCase, _isMultiline, _dotIsAll, _isUngreedy) = flags;
            return size;
        }

        long Sequence(int depth)
        {
            long total = 0;
            var (atom, size, isRepeated) = (-1, 0L, false);
            while (!AtEnd && _text[_at] is not ('|' or ')'))
            {
                var start = _at;
                if (_text[_at] is '*' or '+' or '?' || (_text[_at] == '{' && IsRepeat()))
                {
                    if (atom < 0) throw Error("nothing stands before the repetition", start);
                    if (isRepeated) throw Error("a repetition of a repetition", start);
                    total += Repeat(atom, size) - size;
                    if (total > MaxSize) throw Error("the expression is too large", start);
                    isRepeated = true;
                    continue;
                }
                var place = _out.Length;
                size = Atom(depth);
                if (size < 0) // flags for what follows: nothing to repeat
                {
                    (atom, size, isRepeated) = (-1, 0, false);
                    continue;
                }
                (atom, isRepeated) = (place, false);
                total += size;
                if (total > MaxSize || _out.Length > MaxTranslated) throw Error("the expression is too large", start);
            }
            return total;
        }

        readonly bool IsRepeat()
        {
            var end = _at + 1;
            var digits = end;
            while (end < _text.Length && char.IsAsciiDigit(_text[end])) end++;
            if (end == digits || end >= _text.Length) return false;
            if (_text[end] == '}') return true;
            if (_text[end] != ',') return false;
            end++;
            while (end < _text.Length && char.IsAsciiDigit(_text[end])) end++;
            return end < _text.Length && _text[end] == '}';
        }

        long Repeat(int atom, long size)
        {
            var start = _at;
            _out.Insert(atom, "(?:").Append(')');
            var copies = 1;
            if (_text[_at] != '{') _out.Append(_text[_at++]);
            else
            {
                _at++;
                var least = Count(start);
                var most = least;
                var isOpen = false;
                if (_text[_at] == ',')
                {
                    _at++;
                    isOpen = _text[_at] == '}';
                    most = isOpen ? least : Count(start);
                }
                _at++;
                if (most < least) throw Error("a repetition whose end is before its start", start);
                _out.Append(CultureInfo.InvariantCulture, $"{{{least}");
                if (isOpen) _out.Append(',');
                else if (most != least) _out.Append(CultureInfo.InvariantCulture, $",{most}");
                _out.Append('}');
                copies = Math.Max(most, 1) + (isOpen ? 1 : 0);
            }
            var isLazy = _isUngreedy;
            if (!AtEnd && _text[_at] == '?')
            {
                _at++;
                isLazy = !isLazy;
            }
            if (isLazy) _out.Append('?');
            return size * copies;
        }

        int Count(int start)
        {
            var value = 0;
            for (; char.IsAsciiDigit(_text[_at]); _at++) value = Math.Min(value * 10 + _text[_at] - '0', MaxRepeat + 1);
            return value <= MaxRepeat ? value : throw Error($"more than {MaxRepeat} repetitions", start);
        }

        long Atom(int depth)
        {
            switch (_text[_at])
            {
                case '(':
                    return Group(depth);
                case '[':
                    return Class();
                case '.':
                    _at++;
                    Any(_dotIsAll);
                    return 1;
                case '^':
                    _at++;
                    _out.Append(_isMultiline ? "(?m:^)" : "\\A");
                    return 1;
                case '$':
                    _at++;
                    _out.Append(_isMultiline ? "(?m:$)" : "\\z");
                    return 1;
                case '\\':
                    return Escape();
                default:
                    Literal(TakeCharacter());
                    return 1;
            }
        }

        long Group(int depth)
        {
            var start = _at++;
            var before = (_ignoresCase, _isMultiline, _dotIsAll, _isUngreedy);
            if (!AtEnd && _text[_at] == '?')
            {
                _at++;
                if (TryName(start)) _out.Append('(');
                else if (Flags(start)) return -1;
                else _out.Append("(?:");
            }
            else
            {
                _out.Append('(');
            }
            var size = Alternation(depth + 1);
            if (AtEnd) throw Error("missing )", start);
            _at++;
            _out.Append(')');
            (_ignoresCase, _isMultiline, _dotIsAll, _isUngreedy) = before;
            return size;
        }

        bool TryName(int start)
        {
            var opening = _text.AsSpan(_at).StartsWith("P<") ? 2 : _text.AsSpan(_at).StartsWith("<") ? 1 : 0;
            if (opening == 0) return false;
            if (_text.AsSpan(_at).StartsWith("<=") || _text.AsSpan(_at).StartsWith("<!")) throw Error("RE2 does not look behind", start);
            var end = _text.IndexOf('>', _at);
            var name = end < 0 ? "" : _text[(_at + opening)..end];
            if (name.Length == 0 || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c != '_')) throw Error("a group's name has letters, digits and _ between < and >", start);
            if (!_names.Add(name)) throw Error($"two groups are named {name}", start);
            _at = end + 1;
            return true;
        }

        /// <summary>Whether they are for what follows, and not for a group.</summary>
        bool Flags(int start)
        {
            var (value, seen) = (true, false);
            for (; !AtEnd; _at++)
            {
                switch (_text[_at])
                {
                    case 'i': _ignoresCase = value; seen = true; break;
                    case 'm': _isMultiline = value; seen = true; break;
                    case 's': _dotIsAll = value; seen = true; break;
                    case 'U': _isUngreedy = value; seen = true; break;
                    case '-' when value: (value, seen) = (false, false); break;
                    case ':' or ')' when seen || value:
                        return _text[_at++] == ')';
                    default:
                        throw Error(_text[_at] is '=' or '!' ? "RE2 does not look ahead" : "a group may start with ?:, ?P<name> or the flags i, m, s and U", start);
                }
            }
            throw Error("missing )", start);
        }

        long Escape()
        {
            var start = _at;
            if (_at + 1 >= _text.Length) throw Error("a backslash at the end", start);
            switch (_text[_at + 1])
            {
                case 'A': _at += 2; _out.Append("\\A"); return 1;
                case 'z': _at += 2; _out.Append("\\z"); return 1;
                case 'b' or 'B': _out.Append('\\').Append(_text[_at + 1]); _at += 2; return 1;
                case 'Q': return Quoted();
            }
            if (TryNamedSet(out var set)) set.AppendTo(_out, _ignoresCase && _text[start + 1] is 'p' or 'P');
            else Literal(EscapedCharacter());
            return 1;
        }

        long Quoted()
        {
            _at += 2;
            var end = _text.IndexOf("\\E", _at, StringComparison.Ordinal);
            var stop = end < 0 ? _text.Length : end;
            // A repetition that follows is of the last character alone.
            var count = 0;
            while (_at < stop)
            {
                var isLast = _at + (char.IsHighSurrogate(_text[_at]) ? 2 : 1) >= stop;
                var place = _out.Length;
                Literal(TakeCharacter());
                count++;
                if (!isLast || end < 0) continue;
                _at = end + 2;
                if (!AtEnd && (_text[_at] is '*' or '+' or '?' || (_text[_at] == '{' && IsRepeat()))) return count + Repeat(place, 1);
                return count;
            }
            if (end >= 0) _at = end + 2;
            _out.Append("(?:)");
            return count + 1;
        }

        bool TryNamedSet(out CodePointSet set)
        {
            set = new CodePointSet();
            var letter = _text[_at + 1];
            switch (char.ToLowerInvariant(letter))
            {
                case 'd': set.Add('0', '9'); break;
                case 's': AddAll(set, "\t\n\f\r "); break;
                case 'w': Word(set); break;
                case 'p': return TryCategory(out set);
                default: return false;
            }
            if (char.IsAsciiLetterUpper(letter)) set = set.Complement();
            _at += 2;
            return true;
        }

        bool TryCategory(out CodePointSet set)
        {
            var start = _at;
            var isNegated = _text[_at + 1] == 'P';
            _at += 2;
            if (AtEnd) throw Error("a class of Unicode has a name", start);
            string name;
            if (_text[_at] == '{')
            {
                var end = _text.IndexOf('}', _at);
                if (end < 0) throw Error("missing }", start);
                name = _text[(_at + 1)..end];
                _at = end + 1;
            }
            else
            {
                name = _text[_at++].ToString();
            }
            if (name.StartsWith('^')) (isNegated, name) = (!isNegated, name[1..]);
            if (name == "Any")
            {
                set = new CodePointSet();
                set.Add(0, 0x10ffff);
            }
            else
            {
                set = CodePointSet.Category(name) ?? throw Error($"{name} is no category of Unicode; scripts are not supported", start);
            }
            if (isNegated) set = set.Complement();
            return true;
        }

        int EscapedCharacter()
        {
            var start = _at++;
            if (AtEnd) throw Error("a backslash at the end", start);
            var c = _text[_at];
            switch (c)
            {
                case 'a': _at++; return '\a';
                case 'f': _at++; return '\f';
                case 'n': _at++; return '\n';
                case 'r': _at++; return '\r';
                case 't': _at++; return '\t';
                case 'v': _at++; return '\v';
                case 'x': _at++; return Hexadecimal(start);
                case >= '0' and <= '7':
                    if (c != '0' && (_at + 1 >= _text.Length || _text[_at + 1] is < '0' or > '7')) throw Error("RE2 does not refer back to groups", start);
                    var octal = 0;
                    for (var digits = 0; digits < 3 && !AtEnd && _text[_at] is >= '0' and <= '7'; digits++) octal = octal * 8 + _text[_at++] - '0';
                    return octal;
                default:
                    if (c >= 128 || char.IsAsciiLetterOrDigit(c)) throw Error($"unknown escape \\{c}", start);
                    _at++;
                    return c;
            }
        }

        int Hexadecimal(int start)
        {
            var hasBraces = !AtEnd && _text[_at] == '{';
            if (hasBraces) _at++;
            var (value, digits) = (0L, 0);
            for (; !AtEnd && char.IsAsciiHexDigit(_text[_at]) && (hasBraces || digits < 2); digits++)
            {
                value = Math.Min(value * 16 + Convert.ToInt32(_text[_at++].ToString(), 16), int.MaxValue);
            }
            var isClosed = !hasBraces || (!AtEnd && _text[_at++] == '}');
            if (digits == 0 || (!hasBraces && digits < 2) || !isClosed || value > 0x10ffff) throw Error("\\x takes two digits, or a character of Unicode in braces", start);
            return (int)value;
        }

        long Class()
        {
            var start = _at++;
            var isNegated = !AtEnd && _text[_at] == '^';
            if (isNegated) _at++;
            var set = new CodePointSet();
            for (var isFirst = true; ; isFirst = false)
            {
                if (AtEnd) throw Error("missing ]", start);
                if (_text[_at] == ']' && !isFirst) break;
                if (TryPosixSet(out var named) || (_text[_at] == '\\' && _at + 1 < _text.Length && TryNamedSet(out named)))
                {
                    set.Add(named);
                    continue;
                }
                var at = _at;
                var first = ClassCharacter(start);
                var last = first;
                if (_at + 1 < _text.Length && _text[_at] == '-' && _text[_at + 1] != ']')
                {
                    _at++;
                    last = ClassCharacter(start);
                    if (last < first) throw Error("a range whose end is before its start", at);
                }
                set.Add(first, last);
            }
            _at++;
            var isCased = isNegated && _ignoresCase;
            if (!isNegated) set.AppendTo(_out, _ignoresCase);
            else (isCased ? set.IgnoringCase() : set).Complement().AppendTo(_out, ignoresCase: false);
            return isCased ? CasedClassSize : 1;
        }

        bool TryPosixSet(out CodePointSet set)
        {
            set = new CodePointSet();
            if (!_text.AsSpan(_at).StartsWith("[:")) return false;
            var end = _text.IndexOf(":]", _at + 2, StringComparison.Ordinal);
            if (end < 0) return false;
            var name = _text[(_at + 2)..end];
            var isNegated = name.StartsWith('^');
            switch (isNegated ? name[1..] : name)
            {
                case "alnum": set.Add('0', '9'); Letters(set); break;
                case "alpha": Letters(set); break;
                case "ascii": set.Add(0, 127); break;
                case "blank": AddAll(set, "\t "); break;
                case "cntrl": set.Add(0, 31); set.Add(127, 127); break;
                case "digit": set.Add('0', '9'); break;
                case "graph": set.Add('!', '~'); break;
                case "lower": set.Add('a', 'z'); break;
                case "print": set.Add(' ', '~'); break;
                case "punct": set.Add('!', '/'); set.Add(':', '@'); set.Add('[', '`'); set.Add('{', '~'); break;
                case "space": AddAll(set, "\t\n\v\f\r "); break;
                case "upper": set.Add('A', 'Z'); break;
                case "word": Word(set); break;
                case "xdigit": set.Add('0', '9'); set.Add('a', 'f'); set.Add('A', 'F'); break;
                default: throw Error($"[:{name}:] is no class of characters", _at);
            }
            if (isNegated) set = set.Complement();
            _at = end + 2;
            return true;
        }

        int ClassCharacter(int start)
        {
            if (AtEnd) throw Error("missing ]", start);
            return _text[_at] == '\\' ? EscapedCharacter() : TakeCharacter();
        }

        int TakeCharacter()
        {
            var c = char.ConvertToUtf32(_text, _at);
            _at += c >= 0x10000 ? 2 : 1;
            return c;
        }

        readonly void Literal(int character)
        {
            if (character is >= 0xd800 and <= 0xdfff) new CodePointSet().AppendTo(_out, ignoresCase: false);
            else if (_ignoresCase && character < 0x10000 && char.IsLetter((char)character)) _out.Append(CultureInfo.InvariantCulture, $"(?i:\\u{character:x4})");
            else if (character < 0x10000) _out.Append(CultureInfo.InvariantCulture, $"\\u{character:x4}");
            else _out.Append(CultureInfo.InvariantCulture, $"(?:\\u{(int)char.ConvertFromUtf32(character)[0]:x4}\\u{(int)char.ConvertFromUtf32(character)[1]:x4})");
        }

        readonly void Any(bool lineFeedsToo)
        {
            var set = new CodePointSet();
            if (!lineFeedsToo) set.Add('\n', '\n');
            set.Complement().AppendTo(_out, ignoresCase: false);
        }

        static void Letters(CodePointSet set)
        {
            set.Add('a', 'z');
            set.Add('A', 'Z');
        }

        static void Word(CodePointSet set)
        {
            set.Add('0', '9');
            Letters(set);
            set.Add('_', '_');
        }

        static void AddAll(CodePointSet set, string characters)
        {
            foreach (var c in characters) set.Add(c, c);
        }

        readonly FilterException Error(string message, int at) => new($"bad regular expression: {message} at character {at + 1} of {Quote(_text)}");

        static string Quote(string text) => text.Length <= 100 ? $"\"{text}\"" : $"\"{text[..100]}…\"";
    }
}
