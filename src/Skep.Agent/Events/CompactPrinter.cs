using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Tetragon.Export;

namespace Skep.Agent.Events;

/// <summary>Writes each event as a line for people: buffered, and written out after each batch.</summary>
sealed class CompactPrinter(Stream output, CompactOptions options)
{
    const int FlushAt = 1 << 16;

    readonly CompactWriter _writer = new(options);

    public void OnExec(ProcessInfo process, ulong time, ReadOnlySpan<ProcessMatch> matches)
    {
        _writer.WriteExec(process, time, matches);
        FlushWhenFull();
    }

    public void OnExit(ProcessInfo process, ulong time, uint tid, uint status)
    {
        _writer.WriteExit(process, tid, time, status);
        FlushWhenFull();
    }

    public void OnHook(in HookEvent hookEvent)
    {
        _writer.WriteHook(hookEvent);
        FlushWhenFull();
    }

    public void OnMapping(in FileMapping mapping)
    {
        _writer.WriteMapping(mapping);
        FlushWhenFull();
    }

    public void OnBatch()
    {
        if (_writer.Written.IsEmpty) return;
        output.Write(_writer.Written);
        output.Flush();
        _writer.Reset();
    }

    void FlushWhenFull()
    {
        if (_writer.Written.Length >= FlushAt) OnBatch();
    }
}
