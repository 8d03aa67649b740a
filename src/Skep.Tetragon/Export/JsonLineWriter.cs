using System.Buffers;
using System.Globalization;
using System.Text;

namespace Skep.Tetragon.Export;

/// <summary>
/// JSON as UTF-8 into one buffer that grows and is used again. It knows how values are written, not how they nest: the callers' constants hold
/// braces and names, which is what makes it fast.
/// </summary>
sealed class JsonLineWriter(int capacity = 1 << 14)
{
    const int WorstEscape = 6; // \u001f

    // Unescaped: ASCII but for control characters, the quote and the backslash.
    static readonly SearchValues<byte> s_plain = SearchValues.Create([.. Enumerable.Range(0x20, 0x60).Select(b => (byte)b).Where(b => b != '"' && b != '\\')]);

    readonly byte[] _secondText = new byte[19];
    byte[] _buffer = new byte[capacity];
    byte[] _encoded = [];
    int _length;
    long _second = -1;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public int Length => _length;

    public void Reset() => _length = 0;

    /// <summary>Takes back what was written after a place.</summary>
    public void Truncate(int length) => _length = length;

    public void Raw(ReadOnlySpan<byte> utf8)
    {
        utf8.CopyTo(Reserve(utf8.Length));
        _length += utf8.Length;
    }

    public void Raw(byte character)
    {
        Reserve(1)[0] = character;
        _length++;
    }

    /// <summary>A member's name with its colon and the comma before it, which the first member of an object goes without.</summary>
    public void Member(ReadOnlySpan<byte> commaNameColon) => Raw(_buffer[_length - 1] == '{' ? commaNameColon[1..] : commaNameColon);

    /// <summary>A comma, but for the first element of an array.</summary>
    public void Element()
    {
        if (_buffer[_length - 1] != '[') Raw((byte)',');
    }

    public void Number(ulong value)
    {
        value.TryFormat(Reserve(20), out var written, provider: CultureInfo.InvariantCulture);
        _length += written;
    }

    public void Number(long value)
    {
        value.TryFormat(Reserve(20), out var written, provider: CultureInfo.InvariantCulture);
        _length += written;
    }

    /// <summary>64-bit numbers are strings in the JSON of protocol buffers.</summary>
    public void LongNumber(ulong value)
    {
        Raw((byte)'"');
        Number(value);
        Raw((byte)'"');
    }

    public void LongNumber(long value)
    {
        Raw((byte)'"');
        Number(value);
        Raw((byte)'"');
    }

    /// <summary>A scalar member, which the JSON of protocol buffers leaves out when it is 0.</summary>
    public void NonZero(ReadOnlySpan<byte> commaNameColon, uint value)
    {
        if (value == 0) return;
        Member(commaNameColon);
        Number((ulong)value);
    }

    public void NonZeroLong(ReadOnlySpan<byte> commaNameColon, ulong value)
    {
        if (value == 0) return;
        Member(commaNameColon);
        LongNumber(value);
    }

    public void NonEmpty(ReadOnlySpan<byte> commaNameColon, ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty) return;
        Member(commaNameColon);
        Text(text);
    }

    public void NonEmpty(ReadOnlySpan<byte> commaNameColon, string text)
    {
        if (text.Length == 0) return;
        Member(commaNameColon);
        Text(text);
    }

    /// <summary>The kernel's name of a constant, or its number when it has none that we know.</summary>
    public void Name(ReadOnlySpan<byte> commaNameColon, ReadOnlySpan<byte> constant, uint number)
    {
        Member(commaNameColon);
        if (constant.IsEmpty) LongNumber((ulong)number);
        else Quoted(constant);
    }

    /// <summary>Text that is known to need no escapes.</summary>
    public void Quoted(ReadOnlySpan<byte> text)
    {
        var place = Reserve(text.Length + 2);
        place[0] = (byte)'"';
        text.CopyTo(place[1..]);
        place[text.Length + 1] = (byte)'"';
        _length += text.Length + 2;
    }

    public void Text(ReadOnlySpan<byte> text)
    {
        Raw((byte)'"');
        Escaped(text);
        Raw((byte)'"');
    }

    public void Text(string text)
    {
        Raw((byte)'"');
        Escaped(text);
        Raw((byte)'"');
    }

    public void Escaped(string text)
    {
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (_encoded.Length < most) _encoded = new byte[most];
        Escaped(_encoded.AsSpan(0, Encoding.UTF8.GetBytes(text, _encoded)));
    }

    /// <summary>Text without quotes. What is not UTF-8 becomes U+FFFD.</summary>
    public void Escaped(ReadOnlySpan<byte> text)
    {
        var place = Reserve(text.Length * WorstEscape);
        var written = 0;
        while (true)
        {
            var plain = text.IndexOfAnyExcept(s_plain);
            if (plain < 0) plain = text.Length;
            text[..plain].CopyTo(place[written..]);
            written += plain;
            if (plain == text.Length) break;
            text = text[plain..];
            if (text[0] < 0x80)
            {
                written += Escape(text[0], place[written..]);
                text = text[1..];
                continue;
            }
            do
            {
                if (Rune.DecodeFromUtf8(text, out _, out var consumed) == OperationStatus.Done)
                {
                    text[..consumed].CopyTo(place[written..]);
                    written += consumed;
                }
                else
                {
                    "\uFFFD"u8.CopyTo(place[written..]);
                    written += 3;
                }
                text = text[consumed..];
            }
            while (!text.IsEmpty && text[0] >= 0x80);
        }
        _length += written;
    }

    public void Base64(ReadOnlySpan<byte> bytes)
    {
        Raw((byte)'"');
        System.Buffers.Text.Base64.EncodeToUtf8(bytes, Reserve(System.Buffers.Text.Base64.GetMaxEncodedToUtf8Length(bytes.Length)), out _, out var written);
        _length += written;
        Raw((byte)'"');
    }

    /// <summary>All 64 bits in hexadecimal.</summary>
    public void Hexadecimal(ulong value)
    {
        Raw((byte)'"');
        value.TryFormat(Reserve(16), out var written, "x16", CultureInfo.InvariantCulture);
        _length += written;
        Raw((byte)'"');
    }

    /// <summary>RFC 3339 with 0, 3, 6 or 9 digits of a second, as protocol buffers print it.</summary>
    public void Time(long unixNanoseconds)
    {
        Raw((byte)'"');
        TimeText(unixNanoseconds);
        Raw((byte)'"');
    }

    public void TimeText(long unixNanoseconds)
    {
        var (second, nanoseconds) = Math.DivRem(Math.Max(unixNanoseconds, 0), 1_000_000_000);
        if (second != _second)
        {
            DateTime.UnixEpoch.AddSeconds(second).TryFormat(_secondText, out _, "s", CultureInfo.InvariantCulture);
            _second = second;
        }
        var place = Reserve(30);
        _secondText.CopyTo(place);
        var written = _secondText.Length;
        if (nanoseconds != 0)
        {
            var (digits, fraction) = (9, nanoseconds);
            for (; fraction % 1000 == 0; digits -= 3) fraction /= 1000;
            place[written] = (byte)'.';
            for (var i = digits; i > 0; i--)
            {
                (fraction, var digit) = Math.DivRem(fraction, 10);
                place[written + i] = (byte)('0' + digit);
            }
            written += digits + 1;
        }
        place[written++] = (byte)'Z';
        _length += written;
    }

    /// <summary>An address of 4 or 16 bytes in its usual text form (RFC 5952).</summary>
    public void Address(ReadOnlySpan<byte> address)
    {
        Raw((byte)'"');
        _length += AddressText.Format(address, Reserve(AddressText.Longest));
        Raw((byte)'"');
    }

    public void AddressPart(ReadOnlySpan<byte> address) => _length += AddressText.Format(address, Reserve(AddressText.Longest));

    static int Escape(byte character, Span<byte> place)
    {
        var letter = character switch
        {
            (byte)'"' => '"',
            (byte)'\\' => '\\',
            (byte)'\b' => 'b',
            (byte)'\f' => 'f',
            (byte)'\n' => 'n',
            (byte)'\r' => 'r',
            (byte)'\t' => 't',
            _ => '\0',
        };
        place[0] = (byte)'\\';
        if (letter != '\0')
        {
            place[1] = (byte)letter;
            return 2;
        }
        "u00"u8.CopyTo(place[1..]);
        place[4] = (byte)('0' + (character >> 4));
        place[5] = "0123456789abcdef"u8[character & 15];
        return 6;
    }

    Span<byte> Reserve(int size)
    {
        if (_buffer.Length - _length < size) Grow(size);
        return _buffer.AsSpan(_length);
    }

    void Grow(int size) => Array.Resize(ref _buffer, (int)Math.Max((uint)_length + (uint)size, Math.Min((uint)_buffer.Length * 2, (uint)Array.MaxLength)));
}
