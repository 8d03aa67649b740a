using System.Collections.Frozen;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Skep.Tetragon.Api;

/// <summary>How a member of the JSON form is written on the wire (protobuf.dev/programming-guides/encoding).</summary>
sealed class FieldLayout
{
    static readonly Utf8Comparer s_comparer = new();

    FrozenDictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _names;
    FrozenDictionary<long, byte[]>? _numbers;
    bool _hasNames;

    FieldLayout(FieldDescriptor field)
    {
        (Type, IsRepeated, IsMap) = (field.FieldType, field.IsRepeated && !field.IsMap, field.IsMap);
        var hasLength = Type is FieldType.String or FieldType.Bytes or FieldType.Message;
        IsPacked = IsRepeated && !hasLength;
        Opening = Encoding.UTF8.GetBytes($",\"{field.Name}\":");
        Tag = WireFormat.MakeTag(field.FieldNumber, hasLength || IsPacked ? WireFormat.WireType.LengthDelimited : WireFormat.WireType.Varint);
    }

    public FieldType Type { get; }

    public bool IsRepeated { get; }

    public bool IsMap { get; }

    /// <summary>Numbers one after the other in one part.</summary>
    public bool IsPacked { get; }

    public uint Tag { get; }

    /// <summary>The member's name as JSON, with the comma before and the colon behind it.</summary>
    public byte[] Opening { get; }

    /// <summary>The layout of a message in this field.</summary>
    public MessageLayout? Message { get; private init; }

    /// <summary>Google's message for a time: a text in JSON.</summary>
    public bool IsTime { get; private init; }

    /// <summary>Google's message for a number that may be missing: the bare value in JSON.</summary>
    public FieldLayout? Wrapped { get; private init; }

    /// <summary>Of a map, its values; its keys are texts.</summary>
    public FieldLayout? MapValue { get; private init; }

    /// <summary>Number of an enumeration's name.</summary>
    public bool TryGetNumber(ReadOnlySpan<byte> name, out int number)
    {
        number = 0;
        return _hasNames && _names.TryGetValue(name, out number);
    }

    /// <summary>Name of an enumeration's number; empty when it has none.</summary>
    public ReadOnlySpan<byte> NameOf(long number) => _numbers is not null && _numbers.TryGetValue(number, out var name) ? name : default;

    public static FieldLayout Of(FieldDescriptor field, Func<MessageDescriptor, MessageLayout> messages)
    {
        if (field.IsMap) return new FieldLayout(field) { MapValue = Of(field.MessageType.FindFieldByNumber(2), messages) };
        if (field.FieldType == FieldType.Enum)
        {
            return new FieldLayout(field)
            {
                _hasNames = true,
                _numbers = field.EnumType.Values.DistinctBy(value => value.Number).ToFrozenDictionary(value => (long)value.Number, value => Encoding.UTF8.GetBytes(value.Name)),
                _names = field.EnumType.Values.ToFrozenDictionary(value => Encoding.UTF8.GetBytes(value.Name), value => value.Number, s_comparer).GetAlternateLookup<ReadOnlySpan<byte>>(),
            };
        }
        if (field.FieldType != FieldType.Message) return new FieldLayout(field);
        return field.MessageType.FullName switch
        {
            "google.protobuf.Timestamp" => new FieldLayout(field) { IsTime = true },
            "google.protobuf.UInt32Value" or "google.protobuf.Int32Value" or "google.protobuf.BoolValue" =>
                new FieldLayout(field) { Wrapped = Of(field.MessageType.FindFieldByNumber(1), messages) },
            _ => new FieldLayout(field) { Message = messages(field.MessageType) },
        };
    }
}
