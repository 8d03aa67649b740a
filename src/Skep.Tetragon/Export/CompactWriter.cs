using System.Text;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;

namespace Skep.Tetragon.Export;

/// <summary>
/// Writes events as one line each for people: what happened, where, which program, and on what. As <see cref="ExportWriter"/> it fills a buffer
/// that is used again. Not for several threads at once.
/// </summary>
public sealed class CompactWriter(CompactOptions options)
{
    const int VerbWidth = 8, ShortId = 12;

    readonly JsonLineWriter _line = new(1 << 14);
    readonly ExportHooks _hooks = new();
    byte[] _encoded = new byte[256];
    byte[] _arguments = new byte[512];

    /// <summary>The lines written since the last <see cref="Reset"/>.</summary>
    public ReadOnlySpan<byte> Written => _line.Written;

    /// <summary>Empties the buffer.</summary>
    public void Reset() => _line.Reset();

    /// <summary>A process has executed a program.</summary>
    public void WriteExec(ProcessInfo process, ulong time, ReadOnlySpan<ProcessMatch> matches = default)
    {
        Start(time, "process"u8, Colour.Green);
        Program(process);
        if (!matches.IsEmpty && _hooks.TryFindSpoken(matches, out var match, out _) && (match.Actions & MatchActions.Signal) != 0)
        {
            Paint(Colour.Red);
            _line.Raw(" [signal by "u8);
            TerminalText.Write(_line, Encoding.UTF8.GetBytes(match.PolicyName));
            _line.Raw((byte)']');
            Paint(Colour.Reset);
        }
        End();
    }

    /// <summary>A process has ended.</summary>
    public void WriteExit(ProcessInfo process, uint tid, ulong time, uint status)
    {
        _ = tid;
        Start(time, "exit"u8, Colour.Blue);
        Program(process);
        var signal = status & 0x7f;
        Paint(status == 0 ? Colour.None : Colour.Red);
        _line.Raw((byte)' ');
        if (signal == 0) _line.Number((ulong)(status >> 8) & 0xff);
        else if (SignalNames.Of(signal) is { IsEmpty: false } name) _line.Raw(name);
        else
        {
            _line.Raw("signal "u8);
            _line.Number((ulong)signal);
        }
        Paint(Colour.Reset);
        End();
    }

    /// <summary>A process has mapped a file to run it.</summary>
    public void WriteMapping(in FileMapping mapping)
    {
        Start(mapping.Time, "loader"u8, Colour.Cyan);
        if (mapping.Process is { } process)
        {
            Place(process);
            Executable(process);
        }
        else
        {
            _line.Raw("unknown process "u8);
            _line.Number((ulong)mapping.Pid);
        }
        _line.Raw((byte)' ');
        TerminalText.Write(_line, mapping.Path);
        End();
    }

    /// <summary>A process has run into a hook. How it is printed comes from the request's tag, or from the request itself.</summary>
    public void WriteHook(in HookEvent hookEvent) => WriteHook(hookEvent, _hooks.Of(hookEvent));

    /// <summary>A process has run into a hook.</summary>
    public void WriteHook(in HookEvent hookEvent, ExportHook hook)
    {
        Start(hookEvent.Record.Time, hook.Verb, hook.Section == ExportSection.Lsm ? Colour.Yellow : Colour.Cyan);
        if (hookEvent.Process is { } process)
        {
            Place(process);
            Executable(process);
        }
        else
        {
            _line.Raw("unknown process "u8);
            _line.Number((ulong)hookEvent.Record.Process.Pid);
            if (hookEvent.UnknownBecause is { } reason)
            {
                _line.Raw(" ("u8);
                Text(reason);
                _line.Raw((byte)')');
            }
        }
        if (!hook.VerbObject.IsEmpty)
        {
            _line.Raw((byte)' ');
            TerminalText.Write(_line, hook.VerbObject);
        }
        var values = hook.Values;
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i].Kind == ValueKind.None || values[i].Role == ExportRole.None) continue;
            var place = hookEvent.PlaceOf(i);
            if (values[i].Role == ExportRole.Return)
            {
                if (!hookEvent.Record.IsCaptured(place)) continue;
                _line.Raw(" ="u8);
            }
            _line.Raw((byte)' ');
            CompactValue.Write(_line, hookEvent.Record, values[i].Kind, place);
        }
        Done(hookEvent);
        End();
    }

    /// <summary>What was done to the process stands out; what a monitoring policy would have done is told apart.</summary>
    void Done(in HookEvent hookEvent)
    {
        var actions = hookEvent.Actions;
        if ((actions & (MatchActions.Signal | MatchActions.Override | MatchActions.Write)) == 0) return;
        var isMonitored = (actions & MatchActions.Monitored) != 0;
        Paint(isMonitored ? Colour.Yellow : Colour.Red);
        _line.Raw(isMonitored ? " [would "u8 : " ["u8);
        _line.Raw((actions & MatchActions.Write) != 0 ? (actions & MatchActions.Signal) != 0 ? "write, signal"u8 : "write"u8 : (actions & MatchActions.Override) != 0 ? (actions & MatchActions.Signal) != 0 ? "deny, signal"u8 : "deny"u8 : "signal"u8);
        _line.Raw((byte)']');
        Paint(Colour.Reset);
    }

    void Start(ulong time, ReadOnlySpan<byte> verb, Colour colour)
    {
        if (options.ShowsTime)
        {
            Paint(Colour.Grey);
            _line.TimeText(options.Clock.UnixNanoseconds(time));
            Paint(Colour.Reset);
            _line.Raw((byte)' ');
        }
        Paint(colour);
        _line.Raw(verb);
        Paint(Colour.Reset);
        _line.Raw("        "u8[..Math.Max(1, VerbWidth - verb.Length)]);
    }

    void Program(ProcessInfo process)
    {
        Place(process);
        Executable(process);
        if (options.Redactor is { } redactor)
        {
            var text = Encoding.UTF8.GetString(ProcessArguments.Join(process.Arguments.Span, ref _arguments));
            if (redactor.Redact(Encoding.UTF8.GetString(process.Executable.Span), text) is { } redacted)
            {
                _line.Raw((byte)' ');
                Text(redacted);
                return;
            }
        }
        foreach (var argument in new ProcessArguments.Enumerator(process.Arguments.Span))
        {
            var isQuoted = argument.IsEmpty || argument.Contains((byte)' ');
            _line.Raw(isQuoted ? " \""u8 : " "u8);
            TerminalText.Write(_line, argument);
            if (isQuoted) _line.Raw((byte)'"');
        }
    }

    void Place(ProcessInfo process)
    {
        Paint(Colour.Magenta);
        if (process.Container is not { } container) Text(options.HostName);
        else if (options.PodOf(container) is { } pod)
        {
            Text(pod.Namespace);
            _line.Raw((byte)'/');
            Text(pod.Name);
        }
        else if (container.Name.Length > 0) Text(container.Name);
        else Text(container.Id.AsSpan(0, Math.Min(ShortId, container.Id.Length)));
        Paint(Colour.Reset);
        _line.Raw((byte)' ');
    }

    void Executable(ProcessInfo process)
    {
        Paint(Colour.Bold);
        TerminalText.Write(_line, process.Executable.Span);
        Paint(Colour.Reset);
    }

    void Text(ReadOnlySpan<char> text)
    {
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (_encoded.Length < most) _encoded = new byte[most];
        TerminalText.Write(_line, _encoded.AsSpan(0, Encoding.UTF8.GetBytes(text, _encoded)));
    }

    void End() => _line.Raw((byte)'\n');

    void Paint(Colour colour)
    {
        if (!options.IsColoured || colour == Colour.None) return;
        _line.Raw("\u001b["u8);
        _line.Number((ulong)colour);
        _line.Raw((byte)'m');
    }

    /// <summary>Codes of select graphic rendition.</summary>
    enum Colour
    {
        None = -1,
        Reset = 0,
        Bold = 1,
        Red = 31,
        Green = 32,
        Yellow = 33,
        Blue = 34,
        Magenta = 35,
        Cyan = 36,
        Grey = 90,
    }
}
