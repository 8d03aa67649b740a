using Google.Protobuf;
using Google.Protobuf.Reflection;
using Skep.Tetragon.Export;

namespace Skep.Tetragon.Api;

/// <summary>
/// Turns the wire form of <c>GetEventsResponse</c> into export JSON, as <see cref="EventTranscoder"/> does the other way round: what an agent printed
/// comes out as the same text, because the wire keeps the order. Fields that the message does not have are left out. No message is built, nothing is
/// allocated for an event; not for several threads at once.
/// </summary>
public sealed class EventDecoder
{
    /// <summary>Events are not nested deeper than a process's pod's container's image.</summary>
    const int MaxDepth = 32;

    static readonly MessageLayout s_event = MessageLayout.Of(GetEventsResponse.Descriptor);

    readonly JsonLineWriter _json = new();

    /// <summary>Decodes an event; the result is a line with its newline, valid until the next call.</summary>
    /// <exception cref="FormatException">It is no message.</exception>
    public ReadOnlySpan<byte> Decode(ReadOnlySpan<byte> wire)
    {
        _json.Reset();
        Message(wire, s_event, MaxDepth);
        _json.Raw((byte)'\n');
        return _json.Written;
    }

    void Message(ReadOnlySpan<byte> wire, MessageLayout layout, int depth)
    {
        if (depth == 0) throw new FormatException("the message is nested too deeply");
        _json.Raw((byte)'{');
        while (!wire.IsEmpty)
        {
            var tag = (uint)Varint(ref wire);
            if (!layout.TryGet(tag, out var field)) Skip(ref wire, tag);
            else if (field.IsMap) Map(ref wire, field, depth);
            else if (field.IsPacked) Packed(ref wire, field);
            else if (field.IsRepeated) Repeated(ref wire, field, depth);
            else
            {
                _json.Member(field.Opening);
                Value(ref wire, field, depth);
            }
        }
        _json.Raw((byte)'}');
    }

    void Repeated(ref ReadOnlySpan<byte> wire, FieldLayout field, int depth)
    {
        _json.Member(field.Opening);
        _json.Raw((byte)'[');
        do
        {
            _json.Element();
            Value(ref wire, field, depth);
        }
        while (Follows(ref wire, field.Tag));
        _json.Raw((byte)']');
    }

    void Packed(ref ReadOnlySpan<byte> wire, FieldLayout field)
    {
        _json.Member(field.Opening);
        _json.Raw((byte)'[');
        for (var part = Part(ref wire); !part.IsEmpty;)
        {
            _json.Element();
            Scalar(ref part, field);
        }
        _json.Raw((byte)']');
    }

    void Map(ref ReadOnlySpan<byte> wire, FieldLayout field, int depth)
    {
        const uint KeyTag = (1 << 3) | 2;
        _json.Member(field.Opening);
        _json.Raw((byte)'{');
        do
        {
            var entry = Part(ref wire);
            var key = Follows(ref entry, KeyTag) ? Part(ref entry) : default;
            if (_json.Written[^1] != (byte)'{') _json.Raw((byte)',');
            _json.Text(key);
            _json.Raw((byte)':');
            if (Follows(ref entry, field.MapValue!.Tag)) Value(ref entry, field.MapValue, depth);
            else Default(field.MapValue);
            if (!entry.IsEmpty) throw new FormatException("a map's entry has a key and a value");
        }
        while (Follows(ref wire, field.Tag));
        _json.Raw((byte)'}');
    }

    void Value(ref ReadOnlySpan<byte> wire, FieldLayout field, int depth)
    {
        if (field.Type != FieldType.Message) Scalar(ref wire, field);
        else if (field.IsTime) Time(Part(ref wire));
        else if (field.Wrapped is { } value) Wrapped(Part(ref wire), value);
        else Message(Part(ref wire), field.Message!, depth - 1);
    }

    void Wrapped(ReadOnlySpan<byte> wire, FieldLayout value)
    {
        if (wire.IsEmpty)
        {
            Default(value);
            return;
        }
        if (!Follows(ref wire, value.Tag)) throw new FormatException("a wrapped value is the only field of its message");
        Scalar(ref wire, value);
    }

    void Default(FieldLayout field) => _json.Raw(field.Type switch
    {
        FieldType.Bool => "false"u8,
        FieldType.String or FieldType.Bytes => "\"\""u8,
        FieldType.Int64 or FieldType.UInt64 => "\"0\""u8,
        _ => "0"u8,
    });

    void Scalar(ref ReadOnlySpan<byte> wire, FieldLayout field)
    {
        switch (field.Type)
        {
            case FieldType.String: _json.Text(Part(ref wire)); break;
            case FieldType.Bytes: _json.Base64(Part(ref wire)); break;
            case FieldType.Bool: _json.Raw(Varint(ref wire) != 0 ? "true"u8 : "false"u8); break;
            case FieldType.Enum: Enumerated(Varint(ref wire), field); break;
            case FieldType.Int32: _json.Number((long)(int)Varint(ref wire)); break;
            case FieldType.UInt32: _json.Number((ulong)(uint)Varint(ref wire)); break;
            case FieldType.Int64: _json.LongNumber((long)Varint(ref wire)); break;
            case FieldType.UInt64: _json.LongNumber(Varint(ref wire)); break;
            default: throw new FormatException($"no events have fields of type {field.Type}");
        }
    }

    void Enumerated(ulong number, FieldLayout field)
    {
        var name = field.NameOf((int)number);
        if (name.IsEmpty) _json.Number((long)(int)number);
        else _json.Quoted(name);
    }

    void Time(ReadOnlySpan<byte> wire)
    {
        const uint SecondsTag = 1 << 3, NanosecondsTag = 2 << 3;
        const long LastSecond = long.MaxValue / 1_000_000_000 - 1;
        var (seconds, nanoseconds) = (0L, 0L);
        while (!wire.IsEmpty)
        {
            var tag = (uint)Varint(ref wire);
            if (tag == SecondsTag) seconds = (long)Varint(ref wire);
            else if (tag == NanosecondsTag) nanoseconds = (int)Varint(ref wire);
            else Skip(ref wire, tag);
        }
        if (seconds is < 0 or > LastSecond || nanoseconds is < 0 or >= 1_000_000_000) throw new FormatException("no event happened at that time");
        _json.Time(seconds * 1_000_000_000 + nanoseconds);
    }

    /// <summary>Steps over a tag, if it is the next one.</summary>
    static bool Follows(ref ReadOnlySpan<byte> wire, uint tag)
    {
        if (wire.IsEmpty) return false;
        var rest = wire;
        if (Varint(ref rest) != tag) return false;
        wire = rest;
        return true;
    }

    static ReadOnlySpan<byte> Part(ref ReadOnlySpan<byte> wire)
    {
        var length = Varint(ref wire);
        if (length > (ulong)wire.Length) throw new FormatException("the message is cut");
        var part = wire[..(int)length];
        wire = wire[(int)length..];
        return part;
    }

    static void Skip(ref ReadOnlySpan<byte> wire, uint tag)
    {
        const int Eight = 8, Four = 4;
        switch (WireFormat.GetTagWireType(tag))
        {
            case WireFormat.WireType.Varint:
                Varint(ref wire);
                break;
            case WireFormat.WireType.LengthDelimited:
                Part(ref wire);
                break;
            case WireFormat.WireType.Fixed64 when wire.Length >= Eight:
                wire = wire[Eight..];
                break;
            case WireFormat.WireType.Fixed32 when wire.Length >= Four:
                wire = wire[Four..];
                break;
            default:
                throw new FormatException("the message has a field of no known form");
        }
    }

    static ulong Varint(ref ReadOnlySpan<byte> wire)
    {
        var value = 0UL;
        for (var i = 0; i < wire.Length && i < 10; i++)
        {
            value |= (ulong)(wire[i] & 0x7f) << (7 * i);
            if ((wire[i] & 0x80) != 0) continue;
            wire = wire[(i + 1)..];
            return value;
        }
        throw new FormatException("the message is cut");
    }
}
