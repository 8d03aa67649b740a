using System.Globalization;
using System.Text;
using Google.Protobuf;

namespace Skep.Tetragon.Cel;

enum CelTokenKind
{
    End,
    Identifier,
    Literal,
    Sign,
}

/// <param name="Kind">What it is.</param>
/// <param name="Offset">Where.</param>
/// <param name="Text">A name or sign.</param>
/// <param name="Value">Of a literal.</param>
/// <param name="IsNumber">Whether a minus sign before it belongs to it.</param>
readonly record struct CelToken(CelTokenKind Kind, int Offset, string Text, object? Value = null, bool IsNumber = false);

/// <summary>Cuts an expression into tokens (github.com/google/cel-spec, langdef.md: Syntax).</summary>
sealed class CelLexer(string text)
{
    static readonly string[] s_signs = ["&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "-", "+", "*", "/", "%", "?", ":", ".", ",", "(", ")", "[", "]", "{", "}"];

    int _at;

    public List<CelToken> Tokens()
    {
        var tokens = new List<CelToken>();
        while (true)
        {
            SkipSpace();
            var token = Next(tokens.Count > 0 && tokens[^1] is { Kind: CelTokenKind.Sign, Text: "-" } && IsPrefix(tokens));
            tokens.Add(token);
            if (token.Kind == CelTokenKind.End) return tokens;
        }
    }

    /// <summary>Whether the minus sign at the end has nothing before it that it could subtract from.</summary>
    static bool IsPrefix(List<CelToken> tokens) => tokens.Count == 1 || tokens[^2] is { Kind: CelTokenKind.Sign, Text: not (")" or "]" or "}") } or { Kind: CelTokenKind.Identifier, Text: "in" };

    void SkipSpace()
    {
        for (; _at < text.Length; _at++)
        {
            if (text[_at] is ' ' or '\t' or '\n' or '\r' or '\f') continue;
            if (_at + 1 >= text.Length || text[_at] != '/' || text[_at + 1] != '/') return;
            while (_at + 1 < text.Length && text[_at + 1] != '\n') _at++;
        }
    }

    CelToken Next(bool isNegated)
    {
        var start = _at;
        if (_at >= text.Length) return new CelToken(CelTokenKind.End, start, "the end");
        var c = text[_at];
        if (char.IsAsciiDigit(c) || (c == '.' && _at + 1 < text.Length && char.IsAsciiDigit(text[_at + 1]))) return Number(isNegated);
        if (char.IsAsciiLetter(c) || c == '_' || c is '"' or '\'')
        {
            var prefix = 0;
            while (prefix < 2 && _at + prefix < text.Length && text[_at + prefix] is 'r' or 'R' or 'b' or 'B') prefix++;
            var marks = text.AsSpan(_at, prefix).ToString().ToUpperInvariant();
            if (_at + prefix < text.Length && text[_at + prefix] is '"' or '\'' && marks is "" or "R" or "B" or "RB" or "BR")
            {
                _at += prefix;
                return String(start, marks.Contains('R', StringComparison.Ordinal), marks.Contains('B', StringComparison.Ordinal));
            }
            while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] == '_')) _at++;
            var word = text[start.._at];
            return word switch
            {
                "true" => new CelToken(CelTokenKind.Literal, start, word, true),
                "false" => new CelToken(CelTokenKind.Literal, start, word, false),
                "null" => new CelToken(CelTokenKind.Literal, start, word),
                _ => new CelToken(CelTokenKind.Identifier, start, word),
            };
        }
        foreach (var sign in s_signs)
        {
            if (!text.AsSpan(_at).StartsWith(sign)) continue;
            _at += sign.Length;
            return new CelToken(CelTokenKind.Sign, start, sign);
        }
        throw Error(start, $"'{Rune.GetRuneAt(char.IsSurrogate(c) ? "?" : text, char.IsSurrogate(c) ? 0 : _at)}' does not belong here");
    }

    CelToken Number(bool isNegated)
    {
        var start = _at;
        object? value = null;
        if (text[_at] == '0' && _at + 1 < text.Length && text[_at + 1] is 'x' or 'X')
        {
            _at += 2;
            while (_at < text.Length && char.IsAsciiHexDigit(text[_at])) _at++;
            if (ulong.TryParse(text.AsSpan(start + 2, _at - start - 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits)) Whole(bits, isNegated, out value);
        }
        else
        {
            var isWhole = true;
            while (_at < text.Length && char.IsAsciiDigit(text[_at])) _at++;
            if (_at + 1 < text.Length && text[_at] == '.' && char.IsAsciiDigit(text[_at + 1]))
            {
                isWhole = false;
                _at++;
                while (_at < text.Length && char.IsAsciiDigit(text[_at])) _at++;
            }
            if (_at < text.Length && text[_at] is 'e' or 'E')
            {
                var exponent = _at + 1;
                if (exponent < text.Length && text[exponent] is '+' or '-') exponent++;
                if (exponent < text.Length && char.IsAsciiDigit(text[exponent]))
                {
                    isWhole = false;
                    _at = exponent;
                    while (_at < text.Length && char.IsAsciiDigit(text[_at])) _at++;
                }
            }
            var digits = text.AsSpan(start, _at - start);
            if (!isWhole) value = double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture) * (isNegated ? -1 : 1);
            else if (ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) Whole(number, isNegated, out value);
        }
        if (value is null) throw Error(start, "the number is too large");
        if (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] == '_')) throw Error(_at, "a number ends here");
        return new CelToken(CelTokenKind.Literal, start, text[start.._at], value, IsNumber: value is not ulong);
    }

    /// <summary>Null when it does not fit.</summary>
    void Whole(ulong number, bool isNegated, out object? value)
    {
        value = null;
        if (_at < text.Length && text[_at] is 'u' or 'U')
        {
            _at++;
            value = number;
        }
        else if (isNegated ? number <= 1UL << 63 : number <= long.MaxValue)
        {
            value = unchecked(isNegated ? -(long)number : (long)number);
        }
    }

    CelToken String(int start, bool isRaw, bool isBytes)
    {
        var quote = text[_at];
        var isTriple = text.AsSpan(_at).StartsWith(new string(quote, 3));
        var closing = new string(quote, isTriple ? 3 : 1);
        _at += closing.Length;
        using var bytes = new MemoryStream();
        var result = new StringBuilder();
        while (true)
        {
            if (_at >= text.Length || (!isTriple && text[_at] is '\n' or '\r')) throw Error(start, "the string does not end");
            if (text.AsSpan(_at).StartsWith(closing)) break;
            if (text[_at] == '\\' && !isRaw)
            {
                var (character, isByte) = Escape(isBytes);
                if (isByte) bytes.WriteByte((byte)character);
                else Append(character);
            }
            else if (char.IsSurrogatePair(text, _at) && _at + 1 < text.Length)
            {
                Append(char.ConvertToUtf32(text, _at));
                _at += 2;
            }
            else if (char.IsSurrogate(text[_at])) throw Error(_at, "half of a character");
            else Append(text[_at++]);
        }
        _at += closing.Length;
        return new CelToken(CelTokenKind.Literal, start, text[start.._at], isBytes ? ByteString.CopyFrom(bytes.ToArray()) : result.ToString());

        void Append(int character)
        {
            if (isBytes) bytes.Write(Encoding.UTF8.GetBytes(char.ConvertFromUtf32(character)));
            else result.Append(char.ConvertFromUtf32(character));
        }
    }

    (int Character, bool IsByte) Escape(bool isBytes)
    {
        var start = _at++;
        if (_at >= text.Length) throw Error(start, "a backslash at the end");
        var c = text[_at++];
        switch (c)
        {
            case 'a': return ('\a', false);
            case 'b': return ('\b', false);
            case 'f': return ('\f', false);
            case 'n': return ('\n', false);
            case 'r': return ('\r', false);
            case 't': return ('\t', false);
            case 'v': return ('\v', false);
            case '\\' or '?' or '"' or '\'' or '`': return (c, false);
            case 'x' or 'X': return (Digits(start, 2, 16), isBytes);
            case 'u' when !isBytes: return (Digits(start, 4, 16), false);
            case 'U' when !isBytes: return (Digits(start, 8, 16), false);
            case >= '0' and <= '3':
                _at--;
                return (Digits(start, 3, 8), isBytes);
            default:
                throw Error(start, $"unknown escape \\{c}");
        }
    }

    int Digits(int start, int count, int radix)
    {
        long value = 0;
        for (var i = 0; i < count; i++)
        {
            if (_at >= text.Length || !char.IsAsciiHexDigit(text[_at])) throw Error(start, $"the escape has {count} digits");
            var digit = Convert.ToInt32(text[_at++].ToString(), 16);
            if (digit >= radix) throw Error(start, $"the escape has {count} digits");
            value = value * radix + digit;
        }
        return Rune.IsValid((int)Math.Min(value, int.MaxValue)) ? (int)value : throw Error(start, "the escape is no character");
    }

    CelException Error(int at, string message) => CelException.At(text, at, message);
}
