using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Skep.Bpf;
using Skep.Cli.Output;

namespace Skep.Cli.Bpf;

/// <summary>Prints records of ring and perf buffers: by a struct of the object where one fits, else as bytes. May be called from several threads.</summary>
sealed class RecordPrinter : IDisposable
{
    const int BytesPerLine = 16;

    static readonly string[] s_recordNames = ["event", "evt", "data", "record", "sample", "msg"];

    readonly Lock _gate = new();
    readonly Stream _output = Console.OpenStandardOutput();
    readonly ArrayBufferWriter<byte> _buffer = new();
    readonly Utf8JsonWriter _json;
    readonly Btf? _btf;
    readonly OutputFormat _format;
    readonly uint _chosenType;
    readonly Dictionary<int, uint> _typesBySize = [];
    bool _isDisposed;

    public RecordPrinter(Btf? btf, string? typeName, OutputFormat format)
    {
        _btf = btf;
        _format = format;
        _json = new Utf8JsonWriter(_buffer, Json.Compact);
        if (typeName is null) return;
        if (btf is null || !btf.TryFind(typeName, BtfKind.Struct, out var type)) throw new UserException($"the object has no struct '{typeName}'");
        _chosenType = type.Id;
    }

    /// <summary>Prints one record; a ring buffer has no <paramref name="cpu"/>.</summary>
    public void Print(string map, int? cpu, ReadOnlySpan<byte> record)
    {
        lock (_gate)
        {
            var type = _chosenType != 0 ? _chosenType : TypeOfSize(record.Length);
            if (_format == OutputFormat.Json) PrintJson(map, cpu, record, type);
            else PrintText(map, cpu, record, type);
        }
    }

    /// <summary>Prints one line of trace_pipe; its reader cannot be stopped and may come after the end.</summary>
    public void PrintTrace(string line)
    {
        lock (_gate)
        {
            if (_isDisposed) return;
            if (_format == OutputFormat.Json)
            {
                _json.Reset();
                _json.WriteStartObject();
                _json.WriteString("trace", line);
                _json.WriteEndObject();
                _json.Flush();
                Flush();
            }
            else
            {
                Write(line);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _json.Dispose();
            _output.Dispose();
        }
    }

    void PrintJson(string map, int? cpu, ReadOnlySpan<byte> record, uint type)
    {
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteString("map", map);
        if (cpu is { } number) _json.WriteNumber("cpu", number);
        _json.WriteNumber("size", record.Length);
        _json.WritePropertyName("data");
        BtfJson.Write(_json, _btf, type, record);
        _json.WriteEndObject();
        _json.Flush();
        Flush();
    }

    void PrintText(string map, int? cpu, ReadOnlySpan<byte> record, uint type)
    {
        var head = cpu is null ? $"{map}, {record.Length} bytes:" : $"{map}, cpu {cpu}, {record.Length} bytes:";
        Write(type != 0 ? $"{head} {BtfJson.Text(_btf, type, record)}" : $"{head}{HexDump(record)}");
    }

    void Write(string text)
    {
        _output.Write(Encoding.UTF8.GetBytes(text + "\n"));
        _output.Flush();
    }

    void Flush()
    {
        _buffer.Write("\n"u8);
        _output.Write(_buffer.WrittenSpan);
        _output.Flush();
        _buffer.ResetWrittenCount();
    }

    /// <summary>
    /// The one struct of the object that has the record's size and the name of one; else the only one with such a name, if the record is
    /// shorter; 0 when none or several fit.
    /// </summary>
    uint TypeOfSize(int size)
    {
        if (_btf is null) return 0;
        if (_typesBySize.TryGetValue(size, out var known)) return known;
        var named = new List<BtfType>();
        foreach (var type in _btf.OfKind(BtfKind.Struct))
        {
            if (Array.Exists(s_recordNames, name => type.Name.Contains(name, StringComparison.OrdinalIgnoreCase))) named.Add(type);
        }
        var exact = named.FindAll(t => t.Size == size);
        var found = exact.Count == 1 ? exact[0].Id : exact.Count == 0 && named.FindAll(t => t.Name == "event" && t.Size > size) is [var only] ? only.Id : 0;
        return _typesBySize[size] = found;
    }

    /// <summary>Sixteen bytes a line, with the printable ones at the right.</summary>
    internal static string HexDump(ReadOnlySpan<byte> bytes)
    {
        var result = new StringBuilder();
        for (var offset = 0; offset < bytes.Length; offset += BytesPerLine)
        {
            var line = bytes.Slice(offset, Math.Min(BytesPerLine, bytes.Length - offset));
            result.Append(CultureInfo.InvariantCulture, $"\n  {offset:x4}  ");
            for (var i = 0; i < BytesPerLine; i++) result.Append(i < line.Length ? $"{line[i]:x2} " : "   ");
            result.Append(' ');
            foreach (var value in line) result.Append(value is >= 0x20 and < 0x7f ? (char)value : '.');
        }
        return result.ToString();
    }
}
