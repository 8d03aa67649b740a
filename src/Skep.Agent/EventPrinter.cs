using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Runtime;
using Skep.Tetragon.Export;

namespace Skep.Agent;

/// <summary>Writes every event to a stream: buffered, and written out after each batch.</summary>
sealed class EventPrinter : IEngineListener, IDisposable
{
    const int FlushAt = 1 << 16;

    readonly Stream _output;
    readonly SelfTest _selfTest;
    readonly ExportWriter? _json;
    readonly CompactWriter? _compact;

    public EventPrinter(Stream output, EventFormat format, ExportOptions options, bool colours, SelfTest selfTest)
    {
        (_output, _selfTest) = (output, selfTest);
        if (format == EventFormat.Json) _json = new ExportWriter(options);
        else _compact = new CompactWriter(new CompactOptions { IsColoured = colours, ShowsTime = true });
    }

    /// <summary>Events written.</summary>
    public long Events { get; private set; }

    public void OnExec(ProcessInfo process, ulong time, uint tid, ReadOnlySpan<ProcessMatch> matches)
    {
        if (_selfTest.IsOurs(process) || SelfTest.IsWantedByUsAlone(matches)) return;
        Events++;
        _json?.WriteExec(process, time, matches);
        _compact?.WriteExec(process, time, matches);
        FlushWhenFull();
    }

    public void OnExit(ProcessInfo process, ulong time, uint tid, uint status, ReadOnlySpan<ProcessMatch> matches)
    {
        if (_selfTest.IsOurs(process)) return;
        Events++;
        _json?.WriteExit(process, tid, time, status, matches);
        _compact?.WriteExit(process, tid, time, status);
        FlushWhenFull();
    }

    public void OnHook(in HookEvent hookEvent)
    {
        if (hookEvent.Process is { } process && _selfTest.IsOurs(process)) return;
        Events++;
        _json?.WriteHook(hookEvent);
        _compact?.WriteHook(hookEvent);
        FlushWhenFull();
    }

    public void OnBatch()
    {
        Flush();
        _output.Flush();
    }

    public void Dispose() => OnBatch();

    void FlushWhenFull()
    {
        if ((_json?.Written.Length ?? _compact!.Written.Length) >= FlushAt) Flush();
    }

    void Flush()
    {
        if (_json is not null)
        {
            _output.Write(_json.Written);
            _json.Reset();
        }
        else
        {
            _output.Write(_compact!.Written);
            _compact.Reset();
        }
    }
}
