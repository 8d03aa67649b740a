using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Skep.Tetragon.Api;

namespace Skep.Tetragon.Filters;

/// <summary>
/// Reads filters as Tetragon's options take them: objects one after the other, or lists of them. Members are called as in the API
/// (<c>event_set</c>), or as protocol buffers call them in JSON (<c>eventSet</c>).
/// </summary>
public static class FilterJson
{
    const int MaxBytes = 1 << 20;

    /// <summary>Reads the filters of <c>--export-allowlist</c> and <c>--export-denylist</c>.</summary>
    /// <exception cref="FilterException">The text is no list of filters; the message starts with line and column.</exception>
    public static IReadOnlyList<Filter> ReadFilters(string text) => Read(text, Filter.Descriptor, Filter.Parser);

    /// <summary>Reads the filters of <c>--field-filters</c>.</summary>
    /// <exception cref="FilterException">The text is no list of filters; the message starts with line and column.</exception>
    public static IReadOnlyList<FieldFilter> ReadFieldFilters(string text) => Read(text, FieldFilter.Descriptor, FieldFilter.Parser);

    /// <summary>Reads the filters of <c>--redaction-filters</c>.</summary>
    /// <exception cref="FilterException">The text is no list of filters; the message starts with line and column.</exception>
    public static IReadOnlyList<RedactionFilter> ReadRedactionFilters(string text) => Read(text, RedactionFilter.Descriptor, RedactionFilter.Parser);

    static List<T> Read<T>(string text, MessageDescriptor message, MessageParser<T> parser)
        where T : IMessage<T>
    {
        ArgumentNullException.ThrowIfNull(text);
        var filters = new List<T>();
        if (string.IsNullOrWhiteSpace(text)) return filters;
        if (text.Length > MaxBytes) throw new FilterException($"more than {MaxBytes} characters of filters");
        var utf8 = Encoding.UTF8.GetBytes(text);
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { AllowMultipleValues = true });
        try
        {
            var isListed = false;
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartArray when !isListed:
                        isListed = true;
                        break;
                    case JsonTokenType.EndArray:
                        isListed = false;
                        break;
                    case JsonTokenType.StartObject:
                        filters.Add(parser.ParseFrom(Object(ref reader, utf8, message, "")));
                        break;
                    default:
                        throw Error(utf8, reader.TokenStartIndex, "a filter is an object in braces");
                }
            }
        }
        catch (JsonException error)
        {
            var column = error.BytePositionInLine.GetValueOrDefault() + 1;
            throw new FilterException($"{error.LineNumber.GetValueOrDefault() + 1}:{column}: this is no JSON: {Reason(error.Message)}", error);
        }
        return filters;
    }

    /// <summary>The message's wire form: what is read twice, or has the wrong type, never gets that far.</summary>
    static byte[] Object(ref Utf8JsonReader reader, byte[] utf8, MessageDescriptor message, string path)
    {
        using var stream = new MemoryStream();
        using var output = new CodedOutputStream(stream);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var at = reader.TokenStartIndex;
            var name = Text(ref reader, utf8, path);
            var member = path + name;
            var field = message.FindFieldByName(name) ?? message.Fields.InDeclarationOrder().FirstOrDefault(f => f.JsonName == name)
                ?? throw Error(utf8, at, $"{member} does not exist; there {(message.Fields.InDeclarationOrder().Count == 1 ? "is" : "are")} {string.Join(", ", message.Fields.InDeclarationOrder().Select(f => f.Name))}");
            if (!seen.Add(field.Name)) throw Error(utf8, at, $"{member} is there twice");
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null) continue;
            if (!field.IsRepeated)
            {
                Value(ref reader, utf8, field, member, output);
                continue;
            }
            if (reader.TokenType != JsonTokenType.StartArray) throw Error(utf8, reader.TokenStartIndex, $"{member} is a list");
            for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++) Value(ref reader, utf8, field, $"{member}[{i}]", output);
        }
        output.Flush();
        return stream.ToArray();
    }

    static void Value(ref Utf8JsonReader reader, byte[] utf8, FieldDescriptor field, string member, CodedOutputStream output)
    {
        var at = reader.TokenStartIndex;
        switch (field.FieldType)
        {
            case FieldType.String:
                if (reader.TokenType != JsonTokenType.String) throw Error(utf8, at, $"{member} is a string");
                output.WriteTag(field.FieldNumber, WireFormat.WireType.LengthDelimited);
                output.WriteString(Text(ref reader, utf8, member));
                break;
            case FieldType.UInt32:
                var isNumber = reader.TokenType == JsonTokenType.Number ? reader.TryGetUInt32(out var number)
                    : uint.TryParse(reader.TokenType == JsonTokenType.String ? Text(ref reader, utf8, member) : "", System.Globalization.NumberStyles.None, null, out number);
                if (!isNumber) throw Error(utf8, at, $"{member} is a number from 0 to {uint.MaxValue}");
                output.WriteTag(field.FieldNumber, WireFormat.WireType.Varint);
                output.WriteUInt32(number);
                break;
            case FieldType.Enum:
                output.WriteTag(field.FieldNumber, WireFormat.WireType.Varint);
                output.WriteEnum(Enumerated(ref reader, utf8, field.EnumType, member));
                break;
            case FieldType.Message:
                output.WriteTag(field.FieldNumber, WireFormat.WireType.LengthDelimited);
                output.WriteBytes(ByteString.CopyFrom(Message(ref reader, utf8, field.MessageType, member)));
                break;
            default:
                throw new InvalidOperationException($"filters have no fields of type {field.FieldType}");
        }
    }

    static byte[] Message(ref Utf8JsonReader reader, byte[] utf8, MessageDescriptor message, string member)
    {
        var at = reader.TokenStartIndex;
        if (message.FullName == "google.protobuf.BoolValue")
        {
            return reader.TokenType switch
            {
                JsonTokenType.True => [1 << 3, 1],
                JsonTokenType.False => [],
                _ => throw Error(utf8, at, $"{member} is true or false"),
            };
        }
        if (message.FullName == "google.protobuf.FieldMask")
        {
            if (reader.TokenType != JsonTokenType.String) throw Error(utf8, at, $"{member} is a string: fields with commas between them");
            var mask = new Google.Protobuf.WellKnownTypes.FieldMask();
            mask.Paths.AddRange(Text(ref reader, utf8, member).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
            return mask.ToByteArray();
        }
        if (reader.TokenType != JsonTokenType.StartObject) throw Error(utf8, at, $"{member} is an object in braces");
        return Object(ref reader, utf8, message, member + ".");
    }

    static int Enumerated(ref Utf8JsonReader reader, byte[] utf8, EnumDescriptor names, string member)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) && names.FindValueByNumber(number) is not null) return number;
        var name = reader.TokenType == JsonTokenType.String ? Text(ref reader, utf8, member) : "";
        return names.FindValueByName(name)?.Number
            ?? throw Error(utf8, reader.TokenStartIndex, $"{member} is one of {string.Join(", ", names.Values.Select(v => v.Name))}");
    }

    static string Text(ref Utf8JsonReader reader, byte[] utf8, string member)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Error(utf8, reader.TokenStartIndex, $"{member} has half of a character");
        }
    }

    static FilterException Error(byte[] utf8, long at, string message)
    {
        var before = utf8.AsSpan(0, (int)at);
        var column = Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]) + 1;
        return new FilterException($"{before.Count((byte)'\n') + 1}:{column}: {message}");
    }

    // The reader ends its messages with a place that counts from 0.
    static string Reason(string message) => message.IndexOf(" LineNumber:", StringComparison.Ordinal) is var end and > 0 ? message[..end] : message;
}
