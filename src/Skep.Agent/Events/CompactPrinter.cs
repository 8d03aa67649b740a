using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Tetragon.Export;

namespace Skep.Agent.Events;

/// <summary>Prints each event as a line for people.</summary>
sealed class CompactPrinter(OutputWriter output, CompactOptions options)
{
    readonly CompactWriter _writer = new(options);

    public void OnExec(ProcessInfo process, ulong time, ReadOnlySpan<ProcessMatch> matches)
    {
        _writer.WriteExec(process, time, matches);
        HandOver();
    }

    public void OnExit(ProcessInfo process, ulong time, uint tid, uint status)
    {
        _writer.WriteExit(process, tid, time, status);
        HandOver();
    }

    public void OnHook(in HookEvent hookEvent)
    {
        _writer.WriteHook(hookEvent);
        HandOver();
    }

    public void OnMapping(in FileMapping mapping)
    {
        _writer.WriteMapping(mapping);
        HandOver();
    }

    public void OnBatch() => output.OnBatch();

    void HandOver()
    {
        if (_writer.Written.IsEmpty) return;
        output.Add(_writer.Written);
        _writer.Reset();
    }
}
