using System.Text;
using Skep.Engine.Containers;
using Skep.Engine.Processes;
using Skep.Tetragon.Api;
using Skep.Tetragon.Export;

namespace Skep.Tetragon.Filters;

/// <summary>What tests read of an event, in buffers that are used again.</summary>
sealed class EventView(ExportOptions options)
{
    readonly EventTranscoder _transcoder = new();
    char[] _text = new char[512], _binary = new char[512];
    byte[] _arguments = new byte[512];
    GetEventsResponse? _message;

    public long EvaluationErrors { get; set; }

    /// <summary>The next call is about another event.</summary>
    public void Forget() => _message = null;

    public PodInfo? PodOf(ProcessInfo? process) => process?.Container is { } container ? options.PodOf(container) : null;

    /// <summary>As it is printed: what is not UTF-8 becomes U+FFFD. Valid until the next call.</summary>
    public ReadOnlySpan<char> Text(ReadOnlySpan<byte> utf8) => Decode(utf8, ref _text);

    /// <summary>As they are printed, without secrets. Valid until the next call.</summary>
    public ReadOnlySpan<char> Arguments(ProcessInfo process)
    {
        var text = Decode(ProcessArguments.Join(process.Arguments.Span, ref _arguments), ref _text);
        if (options.Redactor is not { } redactor || text.IsEmpty) return text;
        return redactor.Redact(Decode(process.Executable.Span, ref _binary), text) is { } redacted ? redacted : text;
    }

    /// <summary>The event as a message, parsed once for all expressions.</summary>
    public GetEventsResponse Message(in ExportedEvent exported) => _message ??= GetEventsResponse.Parser.ParseFrom(_transcoder.Encode(exported.Line));

    static ReadOnlySpan<char> Decode(ReadOnlySpan<byte> utf8, ref char[] place)
    {
        if (place.Length < utf8.Length) place = new char[Math.Max(utf8.Length, place.Length * 2)];
        return place.AsSpan(0, Encoding.UTF8.GetChars(utf8, place));
    }
}
