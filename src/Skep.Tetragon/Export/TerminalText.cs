using System.Buffers;
using System.Text;

namespace Skep.Tetragon.Export;

/// <summary>
/// Text of processes for a terminal. Control characters, in their 8-bit and their Unicode forms, and what is not UTF-8 are spelled out: a file's
/// name must neither drive the terminal nor turn the direction of a line.
/// </summary>
public static class TerminalText
{
    const int WorstEscape = 6; // \u202e

    static readonly SearchValues<byte> s_plain = SearchValues.Create([.. Enumerable.Range(0x20, 0x5f).Select(b => (byte)b).Where(b => b != '\\')]);

    /// <summary>A text with everything spelled out that is not plain.</summary>
    public static string Of(string text)
    {
        var line = new JsonLineWriter(256);
        Write(line, Encoding.UTF8.GetBytes(text));
        return Encoding.UTF8.GetString(line.Written);
    }

    internal static void Write(JsonLineWriter line, ReadOnlySpan<byte> text)
    {
        Span<byte> escape = stackalloc byte[WorstEscape];
        while (!text.IsEmpty)
        {
            var plain = text.IndexOfAnyExcept(s_plain);
            if (plain < 0) plain = text.Length;
            line.Raw(text[..plain]);
            text = text[plain..];
            if (text.IsEmpty) return;
            var isText = Rune.DecodeFromUtf8(text, out var rune, out var length) == OperationStatus.Done;
            if (!isText)
            {
                for (var i = 0; i < length; i++) line.Raw(Byte(text[i], escape));
            }
            else if (rune.Value == '\\') line.Raw("\\\\"u8);
            else if (rune.Value == '\n') line.Raw("\\n"u8);
            else if (rune.Value == '\t') line.Raw("\\t"u8);
            else if (rune.Value == '\r') line.Raw("\\r"u8);
            else if (rune.Value < 0x80) line.Raw(Byte((byte)rune.Value, escape));
            else if (IsHarmful(rune.Value)) line.Raw(Unicode(rune.Value, escape));
            else line.Raw(text[..length]);
            text = text[length..];
        }
    }

    /// <summary>C1 controls, line and paragraph separators, marks that turn the direction.</summary>
    static bool IsHarmful(int rune) => rune is < 0xa0 or 0x061c or 0x200e or 0x200f or >= 0x2028 and <= 0x202e or >= 0x2066 and <= 0x2069;

    static ReadOnlySpan<byte> Byte(byte value, Span<byte> place)
    {
        "\\x"u8.CopyTo(place);
        place[2] = Digit(value >> 4);
        place[3] = Digit(value);
        return place[..4];
    }

    static ReadOnlySpan<byte> Unicode(int value, Span<byte> place)
    {
        "\\u"u8.CopyTo(place);
        for (var i = 0; i < 4; i++) place[2 + i] = Digit(value >> (12 - 4 * i));
        return place[..6];
    }

    static byte Digit(int value) => "0123456789abcdef"u8[value & 15];
}
