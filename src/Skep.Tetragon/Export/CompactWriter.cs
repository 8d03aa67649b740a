using System.Text;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;

namespace Skep.Tetragon.Export;

/// <summary>
/// Writes events as one line each for people: what happened, where, which program, and on what. As <see cref="ExportWriter"/> it fills a buffer
/// that is used again. Not for several threads at once. <see cref="CompactMessageWriter"/> writes the same of events that come from an agent.
/// </summary>
public sealed class CompactWriter(CompactOptions options)
{
    readonly CompactLine _out = new(options);
    readonly ExportHooks _hooks = new();
    byte[] _arguments = new byte[512];

    /// <summary>The lines written since the last <see cref="Reset"/>.</summary>
    public ReadOnlySpan<byte> Written => _out.Line.Written;

    /// <summary>Empties the buffer.</summary>
    public void Reset() => _out.Line.Reset();

    /// <summary>A process has executed a program.</summary>
    public void WriteExec(ProcessInfo process, ulong time, ReadOnlySpan<ProcessMatch> matches = default)
    {
        Start(time, "process"u8, CompactColour.Green);
        Program(process);
        if (!matches.IsEmpty && _hooks.TryFindSpoken(matches, out var match, out _) && (match.Actions & MatchActions.Signal) != 0) _out.SignalBy(match.PolicyName);
        _out.End();
    }

    /// <summary>A process has ended.</summary>
    public void WriteExit(ProcessInfo process, uint tid, ulong time, uint status)
    {
        _ = tid;
        Start(time, "exit"u8, CompactColour.Blue);
        Program(process);
        var signal = status & 0x7f;
        Span<byte> named = stackalloc byte[SignalNames.Longest];
        _out.Status((status >> 8) & 0xff, SignalNames.Write(signal, named));
        _out.End();
    }

    /// <summary>A process has mapped a file to run it.</summary>
    public void WriteMapping(in FileMapping mapping)
    {
        Start(mapping.Time, "load"u8, CompactColour.Cyan);
        if (mapping.Process is { } process)
        {
            Place(process);
            _out.Executable(process.Executable.Span);
        }
        else
        {
            _out.Unknown(mapping.Pid, "");
        }
        _out.Line.Raw((byte)' ');
        _out.Write(mapping.Path);
        _out.End();
    }

    /// <summary>A process has run into a hook. How it is printed comes from the request's tag, or from the request itself.</summary>
    public void WriteHook(in HookEvent hookEvent) => WriteHook(hookEvent, _hooks.Of(hookEvent));

    /// <summary>A process has run into a hook.</summary>
    public void WriteHook(in HookEvent hookEvent, ExportHook hook)
    {
        Start(hookEvent.Record.Time, hook.Verb, hook.Section == ExportSection.Lsm ? CompactColour.Yellow : CompactColour.Cyan);
        if (hookEvent.Process is { } process)
        {
            Place(process);
            _out.Executable(process.Executable.Span);
        }
        else
        {
            _out.Unknown(hookEvent.Record.Process.Pid, hookEvent.UnknownBecause);
        }
        if (!hook.VerbObject.IsEmpty)
        {
            _out.Line.Raw((byte)' ');
            _out.Write(hook.VerbObject);
        }
        var values = hook.Values;
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i].Kind == ValueKind.None || values[i].Role == ExportRole.None) continue;
            var place = hookEvent.PlaceOf(i);
            if (values[i].Role == ExportRole.Return)
            {
                if (!hookEvent.Record.IsCaptured(place)) continue;
                _out.Line.Raw(" ="u8);
            }
            _out.Line.Raw((byte)' ');
            CompactValue.Write(_out.Line, hookEvent.Record, values[i].Kind, place);
        }
        _out.Done(hookEvent.Actions);
        _out.End();
    }

    void Start(ulong time, ReadOnlySpan<byte> verb, CompactColour colour) => _out.Start(options.ShowsTime ? options.Clock.UnixNanoseconds(time) : 0, verb, colour);

    void Program(ProcessInfo process)
    {
        Place(process);
        _out.Executable(process.Executable.Span);
        if (options.Redactor is { } redactor)
        {
            var text = Encoding.UTF8.GetString(ProcessArguments.Join(process.Arguments.Span, ref _arguments));
            if (redactor.Redact(Encoding.UTF8.GetString(process.Executable.Span), text) is { } redacted)
            {
                _out.Line.Raw((byte)' ');
                _out.Text(redacted);
                return;
            }
        }
        foreach (var argument in new ProcessArguments.Enumerator(process.Arguments.Span))
        {
            var isQuoted = argument.IsEmpty || argument.Contains((byte)' ');
            _out.Line.Raw(isQuoted ? " \""u8 : " "u8);
            _out.Write(argument);
            if (isQuoted) _out.Line.Raw((byte)'"');
        }
    }

    void Place(ProcessInfo process)
    {
        if (process.Container is not { } container) _out.Place("", "", "", "");
        else if (options.PodOf(container) is { } pod) _out.Place(pod.Namespace, pod.Name, container.Name, container.Id);
        else _out.Place("", "", container.Name, container.Id);
    }
}
