using System.Buffers;
using System.Text;

namespace Skep.Falco.Output;

/// <summary>Writes texts as JSON strings have them, with no more escapes than they need; bytes that are no UTF-8 become U+FFFD.</summary>
static class JsonText
{
    public static void Append(ArrayBufferWriter<byte> writer, ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            var plain = PlainLength(text);
            writer.Write(text[..plain]);
            text = text[plain..];
            if (text.IsEmpty) return;
            if (text[0] < 0x80)
            {
                AppendEscape(writer, text[0]);
                text = text[1..];
                continue;
            }
            var valid = Rune.DecodeFromUtf8(text, out _, out var length) == OperationStatus.Done;
            writer.Write(valid ? text[..length] : "\ufffd"u8);
            text = text[length..];
        }
    }

    static int PlainLength(ReadOnlySpan<byte> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is < 0x20 or >= 0x80 or (byte)'"' or (byte)'\\') return i;
        }
        return text.Length;
    }

    static void AppendEscape(ArrayBufferWriter<byte> writer, byte c)
    {
        ReadOnlySpan<byte> digits = "0123456789abcdef"u8;
        switch (c)
        {
            case (byte)'"': writer.Write("\\\""u8); break;
            case (byte)'\\': writer.Write("\\\\"u8); break;
            case (byte)'\b': writer.Write("\\b"u8); break;
            case (byte)'\f': writer.Write("\\f"u8); break;
            case (byte)'\n': writer.Write("\\n"u8); break;
            case (byte)'\r': writer.Write("\\r"u8); break;
            case (byte)'\t': writer.Write("\\t"u8); break;
            default: writer.Write([(byte)'\\', (byte)'u', (byte)'0', (byte)'0', digits[c >> 4], digits[c & 15]]); break;
        }
    }
}
