using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using Skep.Cli.Output;
using Skep.Engine.Records;

namespace Skep.Cli.Run;

/// <summary>One JSON object a line. Nothing is allocated per event: one writer over one buffer, written out per batch.</summary>
sealed class JsonSink : IEventSink, IDisposable
{
    const int FlushAt = 1 << 16;

    static readonly JsonEncodedText s_event = JsonEncodedText.Encode("event"), s_exec = JsonEncodedText.Encode("exec"), s_exit = JsonEncodedText.Encode("exit"),
        s_time = JsonEncodedText.Encode("time"), s_pid = JsonEncodedText.Encode("pid"), s_ppid = JsonEncodedText.Encode("ppid"), s_uid = JsonEncodedText.Encode("uid"),
        s_comm = JsonEncodedText.Encode("comm"), s_cgroup = JsonEncodedText.Encode("cgroup_id"), s_filename = JsonEncodedText.Encode("filename"),
        s_filenameCut = JsonEncodedText.Encode("filename_truncated"), s_args = JsonEncodedText.Encode("args"), s_argsCut = JsonEncodedText.Encode("args_truncated"),
        s_argsUnread = JsonEncodedText.Encode("args_unread"), s_exitCode = JsonEncodedText.Encode("exit_code"), s_signal = JsonEncodedText.Encode("signal"),
        s_core = JsonEncodedText.Encode("core_dumped"), s_duration = JsonEncodedText.Encode("duration_ns");

    readonly Stream _output;
    readonly BootClock _clock;
    readonly ArrayBufferWriter<byte> _buffer = new(FlushAt * 2);
    readonly Utf8JsonWriter _json;

    public JsonSink(Stream output, BootClock clock)
    {
        (_output, _clock) = (output, clock);
        _json = new Utf8JsonWriter(_buffer, Json.Compact with { SkipValidation = true });
    }

    public void Write(in ProcessEvent processEvent)
    {
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteString(s_event, processEvent.IsExec ? s_exec : s_exit);
        _json.WriteString(s_time, _clock.TimeOf(processEvent.Time));
        _json.WriteNumber(s_pid, processEvent.Pid);
        _json.WriteNumber(s_ppid, processEvent.ParentPid);
        _json.WriteNumber(s_uid, processEvent.Uid);
        _json.WritePropertyName(s_comm);
        WriteText(processEvent.Comm);
        if (processEvent.IsExec) WriteExec(processEvent);
        else WriteExit(processEvent);
        _json.WriteNumber(s_cgroup, processEvent.CgroupId);
        _json.WriteEndObject();
        _json.Flush();
        _buffer.Write("\n"u8);
        if (_buffer.WrittenCount >= FlushAt) Flush();
    }

    public void Flush()
    {
        if (_buffer.WrittenCount == 0) return;
        _output.Write(_buffer.WrittenSpan);
        _output.Flush();
        _buffer.ResetWrittenCount();
    }

    public void Dispose()
    {
        Flush();
        _json.Dispose();
    }

    void WriteExec(in ProcessEvent processEvent)
    {
        _json.WritePropertyName(s_filename);
        WriteText(processEvent.Filename);
        if (processEvent.IsFilenameCut) _json.WriteBoolean(s_filenameCut, true);
        _json.WriteStartArray(s_args);
        var rest = processEvent.Arguments;
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf((byte)0);
            WriteText(end < 0 ? rest : rest[..end]);
            rest = end < 0 ? default : rest[(end + 1)..];
        }
        _json.WriteEndArray();
        if (processEvent.AreArgumentsCut) _json.WriteBoolean(s_argsCut, true);
        if (processEvent.AreArgumentsUnread) _json.WriteBoolean(s_argsUnread, true);
    }

    void WriteExit(in ProcessEvent processEvent)
    {
        if (processEvent.Signal != 0) _json.WriteNumber(s_signal, processEvent.Signal);
        else _json.WriteNumber(s_exitCode, processEvent.ExitCode);
        if (processEvent.HasDumpedCore) _json.WriteBoolean(s_core, true);
        _json.WriteNumber(s_duration, processEvent.Time - processEvent.Start);
    }

    void WriteText(ReadOnlySpan<byte> text)
    {
        if (Utf8.IsValid(text)) _json.WriteStringValue(text);
        else WriteRepaired(text);
    }

    /// <summary>File names are bytes; those that are no UTF-8 become U+FFFD, as everywhere in JSON.</summary>
    void WriteRepaired(ReadOnlySpan<byte> text)
    {
        var characters = ArrayPool<char>.Shared.Rent(text.Length);
        Utf8.ToUtf16(text, characters, out _, out var written, replaceInvalidSequences: true);
        _json.WriteStringValue(characters.AsSpan(0, written));
        ArrayPool<char>.Shared.Return(characters);
    }
}
