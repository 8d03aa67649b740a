using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Net;
using Skep.Falco.Evaluation;
using Skep.Falco.Fields;

namespace Skep.Falco.Output;

/// <summary>Writes values as text and as JSON.</summary>
static class ValueText
{
    const int LongestNumber = 64;

    /// <summary>Appends what stands in a sentence; false when there is no value.</summary>
    public static bool Append(ArrayBufferWriter<byte> writer, Operand operand, IFalcoEvent item, Scratch scratch, bool base64)
    {
        if (operand.Field?.IsAnyAncestor == true || !operand.TryRead(item, scratch, 0, out var value)) return false;
        if (!operand.HasSeveral)
        {
            AppendOne(writer, operand, value, base64);
            return true;
        }
        var position = 0;
        do
        {
            writer.Write(position == 0 ? "("u8 : ","u8);
            AppendOne(writer, operand, value, base64);
        }
        while (operand.TryRead(item, scratch, ++position, out value));
        writer.Write(")"u8);
        return true;
    }

    /// <summary>Appends a JSON value; what is missing is null.</summary>
    public static void AppendJson(ArrayBufferWriter<byte> writer, Operand operand, IFalcoEvent item, Scratch scratch, bool base64)
    {
        if (operand is TimeOperand { Type: FieldType.Text } time)
        {
            if (time.TryReadRaw(item, scratch, out var nanoseconds)) AppendNumber(writer, nanoseconds);
            else writer.Write("null"u8);
            return;
        }
        if (operand.Field?.IsAnyAncestor == true || !operand.TryRead(item, scratch, 0, out var value))
        {
            writer.Write("null"u8);
            return;
        }
        if (!operand.HasSeveral)
        {
            AppendOneJson(writer, operand, value, scratch, base64);
            return;
        }
        var position = 0;
        do
        {
            writer.Write(position == 0 ? "["u8 : ","u8);
            AppendOneJson(writer, operand, value, scratch, base64);
        }
        while (operand.TryRead(item, scratch, ++position, out value));
        writer.Write("]"u8);
    }

    static void AppendOneJson(ArrayBufferWriter<byte> writer, Operand operand, FieldValue value, Scratch scratch, bool base64)
    {
        if (operand.Type is FieldType.Bool || (ValueComparison.IsNumber(operand.Type) && operand.Type != FieldType.Double))
        {
            AppendPlain(writer, operand.Type, value);
            return;
        }
        if (operand.Type == FieldType.Double)
        {
            if (double.IsFinite(value.Fraction)) AppendNumber(writer, value.Fraction);
            else writer.Write("null"u8);
            return;
        }
        writer.Write("\""u8);
        if (operand.Type == FieldType.Text) JsonText.Append(writer, value.Bytes);
        else if (operand.Type == FieldType.Bytes && !base64) JsonText.Append(writer, Printable(value.Bytes, scratch.Take(value.Bytes.Length)));
        else AppendOne(writer, operand, value, base64);
        writer.Write("\""u8);
    }

    static void AppendOne(ArrayBufferWriter<byte> writer, Operand operand, FieldValue value, bool base64)
    {
        var room = writer.GetSpan(LongestNumber);
        var written = 0;
        switch (operand.Type)
        {
            case FieldType.Text:
                writer.Write(value.Bytes);
                return;
            case FieldType.Bytes:
                AppendBytes(writer, value.Bytes, base64);
                return;
            case FieldType.Address or FieldType.Network:
                written = AppendAddress(room, value.Bytes);
                break;
            // A device's number is read by those who know it in hexadecimal.
            case FieldType.Int32 when operand.Field?.Field.Name == "fd.dev":
                ((uint)value.Bits).TryFormat(room, out written, "x", CultureInfo.InvariantCulture);
                break;
            case FieldType.Time or FieldType.Duration when operand.Field?.Field.Is(FieldTraits.Padded) == true:
                value.Bits.TryFormat(room, out written, "D9", CultureInfo.InvariantCulture);
                break;
            default:
                AppendPlain(writer, operand.Type, value);
                return;
        }
        writer.Advance(written);
    }

    // The common kind without an object.
    static int AppendAddress(Span<byte> room, ReadOnlySpan<byte> address)
    {
        var length = 0;
        if (address.Length == 4)
        {
            foreach (var part in address)
            {
                if (length > 0) room[length++] = (byte)'.';
                part.TryFormat(room[length..], out var digits, default, CultureInfo.InvariantCulture);
                length += digits;
            }
        }
        else if (address.Length == 16)
        {
            new IPAddress(address).TryFormat(room, out length);
        }
        return length;
    }

    static void AppendPlain(ArrayBufferWriter<byte> writer, FieldType type, FieldValue value)
    {
        switch (type)
        {
            case FieldType.Bool: writer.Write(value.Bits != 0 ? "true"u8 : "false"u8); break;
            case FieldType.Double: AppendNumber(writer, value.Fraction); break;
            case var _ when ValueComparison.IsSigned(type): AppendNumber(writer, value.Signed); break;
            default: AppendNumber(writer, value.Bits); break;
        }
    }

    static void AppendNumber<T>(ArrayBufferWriter<byte> writer, T number) where T : IUtf8SpanFormattable
    {
        number.TryFormat(writer.GetSpan(LongestNumber), out var written, default, CultureInfo.InvariantCulture);
        writer.Advance(written);
    }

    static void AppendBytes(ArrayBufferWriter<byte> writer, ReadOnlySpan<byte> bytes, bool base64)
    {
        if (base64)
        {
            var room = writer.GetSpan(Base64.GetMaxEncodedToUtf8Length(bytes.Length));
            Base64.EncodeToUtf8(bytes, room, out _, out var written);
            writer.Advance(written);
            return;
        }
        Printable(bytes, writer.GetSpan(bytes.Length));
        writer.Advance(bytes.Length);
    }

    static ReadOnlySpan<byte> Printable(ReadOnlySpan<byte> bytes, Span<byte> text)
    {
        for (var i = 0; i < bytes.Length; i++) text[i] = bytes[i] is >= 0x20 and < 0x7f or (byte)'\n' or (byte)'\r' or (byte)'\t' ? bytes[i] : (byte)'.';
        return text[..bytes.Length];
    }
}
