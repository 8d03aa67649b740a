using System.Globalization;

namespace Skep.Bpf.Instructions;

/// <summary>Reads tokens from one line of assembly text; spaces between tokens do not matter.</summary>
ref struct TextScanner
{
    readonly int _line;
    ReadOnlySpan<char> _rest;

    public TextScanner(ReadOnlySpan<char> text, int line)
    {
        var end = text.IndexOf(';');
        if (end >= 0) text = text[..end];
        end = text.IndexOf("//");
        _rest = (end >= 0 ? text[..end] : text).Trim();
        _line = line;
    }

    public readonly bool AtEnd => _rest.IsEmpty;

    public readonly BpfFormatException Error(string what)
    {
        var near = _rest.IsEmpty ? "the end of the line" : $"'{_rest[..Math.Min(_rest.Length, 40)]}'";
        return new BpfFormatException($"assembly line {_line}: {what} at {near}");
    }

    public bool TryLabel(out ReadOnlySpan<char> label)
    {
        var length = IdentifierLength(_rest);
        label = _rest[..length];
        if (length == 0 || length == _rest.Length || _rest[length] != ':') return false;
        Advance(length + 1);
        return true;
    }

    /// <summary>Matches text whose spaces stand for any number of spaces.</summary>
    public bool Try(ReadOnlySpan<char> expected)
    {
        var rest = _rest;
        foreach (var c in expected)
        {
            rest = rest.TrimStart();
            if (c == ' ') continue;
            if (rest.IsEmpty || rest[0] != c) return false;
            rest = rest[1..];
        }
        _rest = rest.TrimStart();
        return true;
    }

    public void Expect(ReadOnlySpan<char> expected)
    {
        if (!Try(expected)) throw Error($"expected '{expected}'");
    }

    /// <summary>Matches a whole identifier.</summary>
    public bool TryWord(ReadOnlySpan<char> word)
    {
        var length = IdentifierLength(_rest);
        if (!_rest[..length].SequenceEqual(word)) return false;
        Advance(length);
        return true;
    }

    /// <summary>Matches a word followed by 16, 32 or 64.</summary>
    public bool TryWord(ReadOnlySpan<char> prefix, out int bits)
    {
        bits = 0;
        var length = IdentifierLength(_rest);
        if (length <= prefix.Length || !_rest.StartsWith(prefix)) return false;
        bits = _rest[prefix.Length..length] switch { "16" => 16, "32" => 32, "64" => 64, _ => 0 };
        if (bits == 0) return false;
        Advance(length);
        return true;
    }

    public string Identifier()
    {
        var length = IdentifierLength(_rest);
        if (length == 0 || char.IsAsciiDigit(_rest[0])) throw Error("expected a name");
        var name = _rest[..length].ToString();
        Advance(length);
        return name;
    }

    public bool TryRegister(out int register, out bool wide)
    {
        register = 0;
        wide = false;
        var length = IdentifierLength(_rest);
        if (length is not (2 or 3) || _rest[0] is not ('r' or 'w')) return false;
        if (!int.TryParse(_rest[1..length], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
        if (number >= InstructionText.RegisterCount || (length == 3 && number < 10)) return false;
        (register, wide) = (number, _rest[0] == 'r');
        Advance(length);
        return true;
    }

    public bool TryNegatedRegister(out int register, out bool wide)
    {
        var start = _rest;
        if (Try("-") && TryRegister(out register, out wide)) return true;
        _rest = start;
        (register, wide) = (0, false);
        return false;
    }

    public int Register(bool wide)
    {
        if (!TryRegister(out var register, out var isWide) || isWide != wide) throw Error(wide ? "expected a 64-bit register" : "expected a 32-bit register");
        return register;
    }

    public int RegisterThen(bool wide, ReadOnlySpan<char> expected)
    {
        var register = Register(wide);
        Expect(expected);
        return register;
    }

    public (int Register, int Offset) Address()
    {
        var register = Register(wide: true);
        return _rest.IsEmpty || _rest[0] is not ('+' or '-') ? (register, 0) : (register, Offset());
    }

    /// <summary>The width in bits of a type, as a size of an opcode, then <paramref name="expected"/>.</summary>
    public byte SizeThen(ReadOnlySpan<char> expected)
    {
        var size = Unsigned(64) switch
        {
            8 => OpCode.Byte,
            16 => OpCode.Half,
            32 => OpCode.Word,
            64 => OpCode.Double,
            _ => throw Error("no access of that width"),
        };
        Expect(expected);
        return size;
    }

    /// <summary>Matches the longest operator of a table indexed by the high four bits of an opcode.</summary>
    public bool TryOperator(string?[] operators, out int operation)
    {
        var best = -1;
        for (var i = 0; i < operators.Length; i++)
        {
            if (operators[i] is { } text && _rest.StartsWith(text) && (best < 0 || text.Length > operators[best]!.Length)) best = i;
        }
        operation = best << 4;
        if (best < 0) return false;
        Advance(operators[best]!.Length);
        return true;
    }

    public readonly bool TryNumberAhead() => !_rest.IsEmpty && (char.IsAsciiDigit(_rest[0]) || _rest[0] is '-' or '+');

    /// <summary>Reads a decimal or hexadecimal number of up to 64 bits; a negative one arrives as two's complement.</summary>
    public bool TryNumber(out ulong value, out bool negative)
    {
        value = 0;
        negative = false;
        var rest = _rest;
        if (!rest.IsEmpty && rest[0] is '+' or '-')
        {
            negative = rest[0] == '-';
            rest = rest[1..].TrimStart();
        }
        var hex = rest.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (hex) rest = rest[2..];
        var length = 0;
        while (length < rest.Length && (hex ? char.IsAsciiHexDigit(rest[length]) : char.IsAsciiDigit(rest[length]))) length++;
        if (!ulong.TryParse(rest[..length], hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out value)) return false;
        if (length < rest.Length && IsIdentifierCharacter(rest[length])) return false;
        if (negative)
        {
            if (value > 1UL << 63) return false;
            value = 0 - value;
            negative = value != 0;
        }
        _rest = rest[length..].TrimStart();
        return true;
    }

    public readonly long ToSigned(ulong value, bool negative, long minimum, long maximum)
    {
        var signed = (long)value;
        if (negative ? signed < minimum : value > (ulong)maximum) throw Error($"a number between {minimum} and {maximum} is needed before this");
        return signed;
    }

    /// <summary>32 bits, signed or unsigned.</summary>
    public readonly int ToImmediate(ulong value, bool negative) => (int)ToSigned(value, negative, int.MinValue, uint.MaxValue);

    public int Immediate() => TryNumber(out var value, out var negative) ? ToImmediate(value, negative) : throw Error("expected a number");

    public int Offset() =>
        TryNumber(out var value, out var negative) ? (int)ToSigned(value, negative, short.MinValue, short.MaxValue) : throw Error("expected an offset");

    public int Unsigned(int maximum) =>
        TryNumber(out var value, out var negative) && !negative && value <= (ulong)maximum ? (int)value : throw Error($"expected a number up to {maximum}");

    void Advance(int length) => _rest = _rest[length..].TrimStart();

    static int IdentifierLength(ReadOnlySpan<char> text)
    {
        var length = 0;
        while (length < text.Length && IsIdentifierCharacter(text[length])) length++;
        return length;
    }

    static bool IsIdentifierCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '$';
}
