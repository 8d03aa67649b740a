using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Skep.Bpf;

namespace Skep.Cli.Bpf;

/// <summary>Writes bytes as JSON by their BTF type: structs as objects, enumerations by name, character arrays as text.</summary>
static class BtfJson
{
    const int MaxDepth = 32;

    /// <summary>Writes a value; bytes that the type cannot explain become hexadecimal text.</summary>
    public static void Write(Utf8JsonWriter writer, Btf? btf, uint typeId, ReadOnlySpan<byte> value, int depth = 0)
    {
        if (btf is null || typeId == 0 || depth > MaxDepth)
        {
            WriteHex(writer, value);
            return;
        }
        var type = btf.Resolve(typeId);
        switch (type.Kind)
        {
            case BtfKind.Int:
                WriteInteger(writer, type, value);
                break;
            case BtfKind.Enum or BtfKind.Enum64:
                WriteEnumerator(writer, btf, type, value);
                break;
            case BtfKind.Pointer:
                WriteAddress(writer, value);
                break;
            case BtfKind.Float:
                WriteFloat(writer, value);
                break;
            case BtfKind.Array:
                WriteArray(writer, btf, type, value, depth);
                break;
            case BtfKind.Struct or BtfKind.Union:
                WriteComposite(writer, btf, type, value, depth);
                break;
            case BtfKind.DataSection:
                WriteSection(writer, btf, type, value, depth);
                break;
            case BtfKind.Variable:
                Write(writer, btf, type.TypeId, value, depth + 1);
                break;
            default:
                WriteHex(writer, value);
                break;
        }
    }

    static void WriteInteger(Utf8JsonWriter writer, BtfType type, ReadOnlySpan<byte> value)
    {
        if (value.Length < type.Size || type.Size > 8)
        {
            WriteHex(writer, value);
            return;
        }
        var bits = ReadUnsigned(value[..(int)type.Size]);
        if (type.IsBool) writer.WriteBooleanValue(bits != 0);
        else WriteNumber(writer, bits, (int)type.Size * 8, type.IsSigned);
    }

    static void WriteNumber(Utf8JsonWriter writer, ulong bits, int width, bool signed)
    {
        if (signed) writer.WriteNumberValue((long)(bits << (64 - width)) >> (64 - width));
        else writer.WriteNumberValue(bits);
    }

    static void WriteEnumerator(Utf8JsonWriter writer, Btf btf, BtfType type, ReadOnlySpan<byte> value)
    {
        if (value.Length < type.Size || type.Size is 0 or > 8)
        {
            WriteHex(writer, value);
            return;
        }
        var width = (int)type.Size * 8;
        var bits = ReadUnsigned(value[..(int)type.Size]);
        var number = type.IsSigned ? (long)(bits << (64 - width)) >> (64 - width) : (long)bits;
        for (var i = 0; i < type.Count; i++)
        {
            var enumerator = type.Enumerator(i);
            if (enumerator.Value != number) continue;
            writer.WriteStringValue(btf.StringAt(enumerator.NameOffset));
            return;
        }
        WriteNumber(writer, bits, width, type.IsSigned);
    }

    static void WriteAddress(Utf8JsonWriter writer, ReadOnlySpan<byte> value)
    {
        if (value.Length < 8) WriteHex(writer, value);
        else writer.WriteStringValue($"0x{ReadUnsigned(value[..8]):x}");
    }

    static void WriteFloat(Utf8JsonWriter writer, ReadOnlySpan<byte> value)
    {
        if (value.Length == 4) writer.WriteNumberValue(MemoryMarshal.Read<float>(value));
        else if (value.Length == 8) writer.WriteNumberValue(MemoryMarshal.Read<double>(value));
        else WriteHex(writer, value);
    }

    static void WriteArray(Utf8JsonWriter writer, Btf btf, BtfType type, ReadOnlySpan<byte> value, int depth)
    {
        var element = btf.Resolve(type.ElementTypeId);
        if (element.Kind == BtfKind.Int && element.Size == 1 && TryWriteText(writer, value)) return;
        var size = (int)Math.Min(btf.SizeOf(type.ElementTypeId), int.MaxValue);
        writer.WriteStartArray();
        for (var offset = 0; size > 0 && offset + size <= value.Length; offset += size) Write(writer, btf, type.ElementTypeId, value.Slice(offset, size), depth + 1);
        writer.WriteEndArray();
    }

    /// <summary>Bytes up to a NUL that are printable UTF-8, with nothing but NULs after it.</summary>
    static bool TryWriteText(Utf8JsonWriter writer, ReadOnlySpan<byte> value)
    {
        var end = value.IndexOf((byte)0);
        var text = end < 0 ? value : value[..end];
        if (text.IsEmpty || text.IndexOfAnyInRange((byte)0, (byte)0x1f) >= 0 || !Utf8.IsValid(text) || end >= 0 && value[end..].IndexOfAnyExcept((byte)0) >= 0) return false;
        writer.WriteStringValue(text);
        return true;
    }

    static void WriteComposite(Utf8JsonWriter writer, Btf btf, BtfType type, ReadOnlySpan<byte> value, int depth)
    {
        writer.WriteStartObject();
        for (var i = 0; i < type.Count; i++)
        {
            var member = type.Member(i);
            var name = btf.StringAt(member.NameOffset);
            writer.WritePropertyName(name.Length > 0 ? name : "(anon)");
            if (member.BitfieldSize > 0)
            {
                WriteBitfield(writer, btf.Resolve(member.TypeId), value, (int)member.BitOffset, member.BitfieldSize);
                continue;
            }
            var offset = (int)(member.BitOffset / 8);
            var size = SizeOf(btf, member.TypeId);
            // A record may end before its struct does: programs send as much of the last array as they filled.
            Write(writer, btf, member.TypeId, offset >= value.Length ? default : value.Slice(offset, Math.Min(size, value.Length - offset)), depth + 1);
        }
        writer.WriteEndObject();
    }

    static void WriteBitfield(Utf8JsonWriter writer, BtfType type, ReadOnlySpan<byte> value, int bitOffset, int width)
    {
        var start = bitOffset / 8;
        var length = (bitOffset % 8 + width + 7) / 8;
        if (start + length > value.Length || length > 8)
        {
            writer.WriteNullValue();
            return;
        }
        var bits = ReadUnsigned(value.Slice(start, length)) >> (bitOffset % 8);
        if (width < 64) bits &= (1ul << width) - 1;
        WriteNumber(writer, bits, width, type.IsSigned);
    }

    static void WriteSection(Utf8JsonWriter writer, Btf btf, BtfType type, ReadOnlySpan<byte> value, int depth)
    {
        writer.WriteStartObject();
        for (var i = 0; i < type.Count; i++)
        {
            var variable = type.SectionVariable(i);
            writer.WritePropertyName(btf[variable.TypeId].Name);
            var fits = (ulong)variable.Offset + variable.Size <= (ulong)value.Length;
            Write(writer, btf, variable.TypeId, fits ? value.Slice((int)variable.Offset, (int)variable.Size) : default, depth + 1);
        }
        writer.WriteEndObject();
    }

    static int SizeOf(Btf btf, uint typeId)
    {
        try
        {
            return (int)Math.Min(btf.SizeOf(typeId), int.MaxValue / 2);
        }
        catch (BpfFormatException)
        {
            return 0;
        }
    }

    static ulong ReadUnsigned(ReadOnlySpan<byte> bytes)
    {
        Span<byte> buffer = stackalloc byte[8];
        bytes.CopyTo(buffer);
        return BinaryPrimitives.ReadUInt64LittleEndian(buffer);
    }

    static void WriteHex(Utf8JsonWriter writer, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty) writer.WriteNullValue();
        else writer.WriteStringValue("0x" + Convert.ToHexStringLower(value));
    }

    /// <summary>The same as one line of text.</summary>
    public static string Text(Btf? btf, uint typeId, ReadOnlySpan<byte> value)
    {
        var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Output.Json.Compact)) Write(writer, btf, typeId, value);
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }
}
