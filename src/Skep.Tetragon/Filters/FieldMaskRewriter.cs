using System.Text.Json;

namespace Skep.Tetragon.Filters;

/// <summary>Copies JSON without the members that masks leave out, into a buffer that is used again. Lists are passed through to their elements.</summary>
sealed class FieldMaskRewriter
{
    byte[] _buffer = new byte[1 << 12];
    int _length;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public void Reset() => _length = 0;

    public void Raw(ReadOnlySpan<byte> bytes)
    {
        if (_buffer.Length - _length < bytes.Length) Array.Resize(ref _buffer, Math.Max(_length + bytes.Length, _buffer.Length * 2));
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Copies the value that the reader is at.</summary>
    /// <param name="reader">The reader; afterwards at the value's end.</param>
    /// <param name="json">What it reads.</param>
    /// <param name="include">Members to keep; null for all.</param>
    /// <param name="exclude">Members to leave out; null for none.</param>
    public void Copy(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, FieldMaskNode? include, FieldMaskNode? exclude)
    {
        if (include is { IsAll: true }) include = null;
        var start = (int)reader.TokenStartIndex;
        if ((include is null && exclude is null) || reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            reader.Skip();
            Raw(json[start..(int)reader.BytesConsumed]);
            return;
        }
        var isObject = reader.TokenType == JsonTokenType.StartObject;
        Raw(isObject ? "{"u8 : "["u8);
        var isFirst = true;
        while (reader.Read() && reader.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray))
        {
            var (kept, left) = (include, exclude);
            if (isObject)
            {
                var nameStart = (int)reader.TokenStartIndex;
                var name = reader.ValueSpan;
                kept = include?.Find(name);
                left = exclude?.Find(name);
                reader.Read();
                if ((include is not null && kept is null) || left is { IsAll: true })
                {
                    reader.Skip();
                    continue;
                }
                if (!isFirst) Raw(","u8);
                Raw(json[nameStart..(int)reader.TokenStartIndex]);
            }
            else if (!isFirst)
            {
                Raw(","u8);
            }
            isFirst = false;
            Copy(ref reader, json, kept, left);
        }
        Raw(isObject ? "}"u8 : "]"u8);
    }
}
