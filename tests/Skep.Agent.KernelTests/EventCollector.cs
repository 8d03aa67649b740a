using System.Text;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Runtime;
using Skep.Tetragon.Export;

namespace Skep.Agent.KernelTests;

/// <summary>Keeps the events of hooks as the lines of export JSON that a user would get.</summary>
sealed class EventCollector : IEngineListener
{
    readonly ExportWriter _writer = new(new ExportOptions());

    public List<string> Lines { get; } = [];

    public void OnExec(ProcessInfo process, ulong time, uint tid, ReadOnlySpan<ProcessMatch> matches)
    {
    }

    public void OnExit(ProcessInfo process, ulong time, uint tid, uint status, ReadOnlySpan<ProcessMatch> matches)
    {
    }

    public void OnHook(in HookEvent hookEvent)
    {
        _writer.WriteHook(hookEvent);
        Lines.Add(Encoding.UTF8.GetString(_writer.Written).TrimEnd('\n'));
        _writer.Reset();
    }

    public void OnMapping(in FileMapping mapping)
    {
        _writer.WriteMapping(mapping);
        Lines.Add(Encoding.UTF8.GetString(_writer.Written).TrimEnd('\n'));
        _writer.Reset();
    }

    public void OnBatch()
    {
    }
}
