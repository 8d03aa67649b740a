using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Google.Protobuf.Reflection;

namespace Skep.Tetragon.Api;

/// <summary>
/// Turns an event's export JSON into the wire form of <c>GetEventsResponse</c>. Both are one message in two encodings, and the layout comes from
/// its descriptor: what is printed is written in one place, for files and for the API. Members that the message does not have are left out.
/// Nothing is allocated for an event; not for several threads at once.
/// </summary>
public sealed class EventTranscoder
{
    const int LengthSize = 5; // of the longest varint that a length takes

    static readonly MessageLayout s_event = MessageLayout.Of(GetEventsResponse.Descriptor);

    readonly byte[] _unescaped = new byte[256];
    byte[] _long = [];
    byte[] _buffer = new byte[1 << 14];
    int _length;

    /// <summary>Encodes a line; the result is valid until the next call.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="FormatException">A member's value is not one that the message can hold.</exception>
    public ReadOnlySpan<byte> Encode(ReadOnlySpan<byte> line)
    {
        _length = 0;
        var reader = new Utf8JsonReader(line);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new FormatException("an event is a JSON object");
        try
        {
            Message(ref reader, s_event);
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentOutOfRangeException)
        {
            // The reader, of a value of another type and of text that is none; and of a day that no calendar has.
            throw new FormatException(error.Message, error);
        }
        return _buffer.AsSpan(0, _length);
    }

    void Message(ref Utf8JsonReader reader, MessageLayout layout)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isKnown = layout.TryGet(reader.HasValueSequence || reader.ValueIsEscaped ? default : reader.ValueSpan, out var field);
            reader.Read();
            if (!isKnown) reader.Skip();
            else if (reader.TokenType != JsonTokenType.Null) Member(ref reader, field!);
        }
    }

    void Member(ref Utf8JsonReader reader, FieldLayout field)
    {
        if (field.IsMap)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName) MapEntry(ref reader, field);
        }
        else if (field.IsPacked)
        {
            Varint(field.Tag);
            var start = Open();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) Scalar(ref reader, field);
            Close(start);
        }
        else if (field.IsRepeated)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) Tagged(ref reader, field);
        }
        else
        {
            Tagged(ref reader, field);
        }
    }

    void MapEntry(ref Utf8JsonReader reader, FieldLayout field)
    {
        const uint KeyTag = (1 << 3) | 2;
        Varint(field.Tag);
        var start = Open();
        Varint(KeyTag);
        Text(ref reader);
        reader.Read();
        Tagged(ref reader, field.MapValue!);
        Close(start);
    }

    void Tagged(ref Utf8JsonReader reader, FieldLayout field)
    {
        Varint(field.Tag);
        if (field.Type != FieldType.Message)
        {
            Scalar(ref reader, field);
            return;
        }
        var start = Open();
        if (field.IsTime) Time(ref reader);
        else if (field.Wrapped is { } value) Wrapped(ref reader, value);
        else if (reader.TokenType == JsonTokenType.StartObject) Message(ref reader, field.Message!);
        else throw new FormatException($"a message is an object, not {reader.TokenType}");
        Close(start);
    }

    void Wrapped(ref Utf8JsonReader reader, FieldLayout value)
    {
        var start = _length;
        Varint(value.Tag);
        var content = _length;
        Scalar(ref reader, value);
        if (_length == content + 1 && _buffer[content] == 0) _length = start;
    }

    void Scalar(ref Utf8JsonReader reader, FieldLayout field)
    {
        switch (field.Type)
        {
            case FieldType.String: Text(ref reader); break;
            case FieldType.Bytes: Bytes(ref reader); break;
            case FieldType.Bool: Varint(reader.GetBoolean() ? 1u : 0); break;
            case FieldType.Enum: Varint((ulong)Enumerated(ref reader, field)); break;
            case FieldType.Int32 or FieldType.Int64: Varint((ulong)Signed(ref reader)); break;
            case FieldType.UInt32 or FieldType.UInt64: Varint(Unsigned(ref reader)); break;
            default: throw new FormatException($"no events have fields of type {field.Type}");
        }
    }

    static long Enumerated(ref Utf8JsonReader reader, FieldLayout field) =>
        reader.TokenType == JsonTokenType.Number ? reader.GetInt32()
        : field.TryGetNumber(reader.ValueSpan, out var number) ? number
        : throw new FormatException($"no such name of an enumeration: {Encoding.UTF8.GetString(reader.ValueSpan)}");

    static long Signed(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number ? reader.GetInt64()
        : Utf8Parser.TryParse(reader.ValueSpan, out long value, out var read) && read == reader.ValueSpan.Length ? value
        : throw new FormatException("a number is expected");

    static ulong Unsigned(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number ? reader.GetUInt64()
        : Utf8Parser.TryParse(reader.ValueSpan, out ulong value, out var read) && read == reader.ValueSpan.Length ? value
        : throw new FormatException("a number is expected");

    void Text(ref Utf8JsonReader reader)
    {
        var text = reader.ValueSpan;
        if (reader.ValueIsEscaped)
        {
            var place = text.Length <= _unescaped.Length ? _unescaped : Long(text.Length);
            text = place.AsSpan(0, reader.CopyString(place));
        }
        Varint((uint)text.Length);
        text.CopyTo(Reserve(text.Length));
        _length += text.Length;
    }

    void Bytes(ref Utf8JsonReader reader)
    {
        var text = reader.ValueSpan;
        var place = Long(Base64.GetMaxDecodedFromUtf8Length(text.Length));
        if (Base64.DecodeFromUtf8(text, place, out _, out var written) != OperationStatus.Done) throw new FormatException("bytes are base64");
        Varint((uint)written);
        place.AsSpan(0, written).CopyTo(Reserve(written));
        _length += written;
    }

    /// <summary>RFC 3339 in UTC, as the export prints it.</summary>
    void Time(ref Utf8JsonReader reader)
    {
        const uint SecondsTag = 1 << 3, NanosecondsTag = 2 << 3;
        const int ToSeconds = 19; // 2022-10-18T03:16:21
        var text = reader.ValueSpan;
        if (text.Length <= ToSeconds || text[^1] != 'Z') throw new FormatException("a time is expected");
        var date = new DateTime(Digits(text[..4]), Digits(text[5..7]), Digits(text[8..10]), Digits(text[11..13]), Digits(text[14..16]), Digits(text[17..19]), DateTimeKind.Utc);
        var seconds = (date.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond;
        var nanoseconds = 0;
        if (text[ToSeconds] == '.')
        {
            var fraction = text[(ToSeconds + 1)..^1];
            if (fraction.Length > 9) throw new FormatException("a second has nine digits");
            nanoseconds = Digits(fraction);
            for (var i = fraction.Length; i < 9; i++) nanoseconds *= 10;
        }
        if (seconds != 0)
        {
            Varint(SecondsTag);
            Varint((ulong)seconds);
        }
        if (nanoseconds == 0) return;
        Varint(NanosecondsTag);
        Varint((uint)nanoseconds);
    }

    static int Digits(ReadOnlySpan<byte> text)
    {
        var value = 0;
        foreach (var digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9') throw new FormatException("a time is expected");
            value = value * 10 + digit - '0';
        }
        return value;
    }

    /// <summary>Starts a part whose length stands before it.</summary>
    int Open()
    {
        Reserve(LengthSize);
        _length += LengthSize;
        return _length;
    }

    /// <summary>Puts the length before the part and closes the gap.</summary>
    void Close(int start)
    {
        var size = _length - start;
        _length = start - LengthSize;
        Varint((uint)size);
        _buffer.AsSpan(start, size).CopyTo(_buffer.AsSpan(_length));
        _length += size;
    }

    void Varint(ulong value)
    {
        var place = Reserve(10);
        var written = 0;
        for (; value >= 0x80; value >>= 7) place[written++] = (byte)(value | 0x80);
        place[written++] = (byte)value;
        _length += written;
    }

    byte[] Long(int size)
    {
        if (_long.Length < size) _long = new byte[Math.Max(size, _long.Length * 2)];
        return _long;
    }

    Span<byte> Reserve(int size)
    {
        if (_buffer.Length - _length < size) Array.Resize(ref _buffer, Math.Max(_length + size, _buffer.Length * 2));
        return _buffer.AsSpan(_length);
    }
}
