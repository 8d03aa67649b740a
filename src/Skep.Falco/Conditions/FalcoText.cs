using System.Text;

namespace Skep.Falco.Conditions;

/// <summary>
/// Constants are bytes, of which <c>\xHH</c> may name any, but are kept as strings. A byte that is no part of a character stands as a lone surrogate, U+DC00 plus
/// the byte, which no text from a file can contain.
/// </summary>
static class FalcoText
{
    const char Bytes = '\udc00';

    public static char OfByte(int value) => value < 128 ? (char)value : (char)(Bytes + value);

    public static byte[] ToBytes(string text)
    {
        var bytes = new List<byte>(text.Length);
        Span<byte> encoded = stackalloc byte[4];
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is >= (char)(Bytes + 128) and <= (char)(Bytes + 255))
            {
                bytes.Add((byte)(text[i] - Bytes));
                continue;
            }
            if (!Rune.TryGetRuneAt(text, i, out var rune)) rune = Rune.ReplacementChar;
            bytes.AddRange(encoded[..rune.EncodeToUtf8(encoded)]);
            i += rune.Utf16SequenceLength - 1;
        }
        return [.. bytes];
    }
}
