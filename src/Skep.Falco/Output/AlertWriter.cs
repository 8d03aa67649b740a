using System.Buffers;
using System.Text;
using Skep.Falco.Evaluation;
using Skep.Falco.Fields;

namespace Skep.Falco.Output;

/// <summary>Writes alerts as lines, without the line break. The lines are the writer's own and stand until the next one.</summary>
public sealed class AlertWriter
{
    readonly AlertOptions _options;
    readonly ArrayBufferWriter<byte> _line = new(1024);
    readonly ArrayBufferWriter<byte> _text = new(1024);
    readonly ArrayBufferWriter<byte> _value = new(256);
    readonly byte[] _hostname;
    readonly TimeOperand _time;
    readonly string _timeField;

    /// <summary>Makes a writer.</summary>
    public AlertWriter(AlertOptions options)
    {
        _options = options;
        _hostname = Encoding.UTF8.GetBytes(options.Hostname);
        _timeField = options.TimeInIso8601 ? "evt.time.iso8601" : "evt.time";
        _time = TimeOperand.Of(FieldCatalogue.Find(_timeField, null, out _)!);
    }

    /// <summary><c>time: Priority message</c>, escaped as JSON strings are.</summary>
    public ReadOnlySpan<byte> WriteText(FalcoRule rule, IFalcoEvent item, Scratch scratch)
    {
        _line.ResetWrittenCount();
        BuildOutput(rule, item, scratch, prefix: true);
        JsonText.Append(_line, _text.WrittenSpan);
        return _line.WrittenSpan;
    }

    /// <summary>An object in one line, its keys in alphabetical order.</summary>
    public ReadOnlySpan<byte> WriteJson(FalcoRule rule, IFalcoEvent item, Scratch scratch)
    {
        _line.ResetWrittenCount();
        Key("{\"hostname\":"u8);
        String(_hostname);
        if (_options.IncludeMessage)
        {
            BuildOutput(rule, item, scratch, prefix: false);
            Key(",\"message\":"u8);
            String(_text.WrittenSpan);
        }
        if (_options.IncludeOutput)
        {
            BuildOutput(rule, item, scratch, prefix: true);
            Key(",\"output\":"u8);
            String(_text.WrittenSpan);
        }
        if (_options.IncludeOutputFields)
        {
            Key(",\"output_fields\":{"u8);
            AppendFields(rule.Output, item, scratch);
            Key("}"u8);
        }
        Key(",\"priority\":"u8);
        String(FalcoPriorities.NameOf(rule.Priority));
        Key(",\"rule\":"u8);
        String(rule.Name);
        Key(",\"source\":"u8);
        String(rule.Source);
        if (_options.IncludeTags) AppendTags(rule);
        Key(",\"time\":"u8);
        AppendTime(item, scratch);
        Key("}"u8);
        return _line.WrittenSpan;
    }

    void BuildOutput(FalcoRule rule, IFalcoEvent item, Scratch scratch, bool prefix)
    {
        scratch.Reset();
        _text.ResetWrittenCount();
        if (prefix)
        {
            _text.Write(_time.TryRead(item, scratch, 0, out var time) ? time.Bytes : "<NA>"u8);
            _text.Write(": "u8);
            Encoding.UTF8.GetBytes(FalcoPriorities.NameOf(rule.Priority), _text);
            _text.Write(" "u8);
        }
        foreach (var part in rule.Output.Parts)
        {
            if (part.Operand is null) _text.Write(part.Literal);
            else AppendValue(part.Operand, part.Width, item, scratch);
        }
    }

    void AppendValue(Operand operand, int width, IFalcoEvent item, Scratch scratch)
    {
        if (width == 0)
        {
            if (!ValueText.Append(_text, operand, item, scratch, _options.BuffersInBase64)) _text.Write("<NA>"u8);
            return;
        }
        _value.ResetWrittenCount();
        if (!ValueText.Append(_value, operand, item, scratch, _options.BuffersInBase64)) _value.Write("<NA>"u8);
        var shown = _value.WrittenSpan[..Math.Min(width, _value.WrittenCount)];
        _text.Write(shown);
        _text.GetSpan(width)[..(width - shown.Length)].Fill((byte)' ');
        _text.Advance(width - shown.Length);
    }

    // The time's key is always there, at its place in the order.
    void AppendFields(OutputFormat output, IFalcoEvent item, Scratch scratch)
    {
        var isTimeWritten = false;
        var isFirst = true;
        foreach (var part in output.FieldParts)
        {
            var order = string.CompareOrdinal(part.Key, _timeField);
            if (order >= 0 && !isTimeWritten)
            {
                AppendField(_timeField, _time, item, scratch, ref isFirst);
                isTimeWritten = true;
            }
            if (order != 0) AppendField(part.Key, part.Operand!, item, scratch, ref isFirst);
        }
        if (!isTimeWritten) AppendField(_timeField, _time, item, scratch, ref isFirst);
    }

    void AppendField(string key, Operand operand, IFalcoEvent item, Scratch scratch, ref bool isFirst)
    {
        if (!isFirst) Key(","u8);
        isFirst = false;
        String(key);
        Key(":"u8);
        scratch.Reset();
        ValueText.AppendJson(_line, operand, item, scratch, _options.BuffersInBase64);
    }

    void AppendTags(FalcoRule rule)
    {
        Key(",\"tags\":["u8);
        var isFirst = true;
        foreach (var tag in rule.SortedTags)
        {
            if (!isFirst) Key(","u8);
            isFirst = false;
            String(tag);
        }
        Key("]"u8);
    }

    void AppendTime(IFalcoEvent item, Scratch scratch)
    {
        if (!_time.TryReadRaw(item, scratch, out var nanoseconds))
        {
            Key("null"u8);
            return;
        }
        Span<byte> text = stackalloc byte[EventTime.LongestText];
        String(text[..EventTime.Format(nanoseconds, "time", text)]);
    }

    void Key(ReadOnlySpan<byte> text) => _line.Write(text);

    void String(ReadOnlySpan<byte> text)
    {
        _line.Write("\""u8);
        JsonText.Append(_line, text);
        _line.Write("\""u8);
    }

    void String(string text)
    {
        _value.ResetWrittenCount();
        Encoding.UTF8.GetBytes(text, _value);
        String(_value.WrittenSpan);
    }
}
