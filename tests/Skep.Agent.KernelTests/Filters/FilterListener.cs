using System.Text;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Runtime;
using Skep.Tetragon.Export;

namespace Skep.Agent.KernelTests.Filters;

/// <summary>Keeps executions, exits and events of hooks of the processes that have a mark in their arguments.</summary>
sealed class FilterListener(string mark) : IEngineListener
{
    readonly ExportWriter _writer = new(new ExportOptions());
    readonly byte[] _mark = Encoding.UTF8.GetBytes(mark);

    public List<ProcessInfo> Executions { get; } = [];

    /// <summary>The lines of export JSON of <see cref="Executions"/>.</summary>
    public List<string> Lines { get; } = [];

    public List<(ProcessInfo Process, uint Status)> Exits { get; } = [];

    public List<ProcessInfo> Hooks { get; } = [];

    public void OnExec(ProcessInfo process, ulong time, uint tid, ReadOnlySpan<ProcessMatch> matches)
    {
        if (!IsMarked(process)) return;
        Executions.Add(process);
        _writer.WriteExec(process, time, matches);
        Lines.Add(Encoding.UTF8.GetString(_writer.Written));
        _writer.Reset();
    }

    public void OnExit(ProcessInfo process, ulong time, uint tid, uint status, ReadOnlySpan<ProcessMatch> matches)
    {
        if (IsMarked(process)) Exits.Add((process, status));
    }

    public void OnHook(in HookEvent hookEvent)
    {
        if (hookEvent.Process is { } process && IsMarked(process)) Hooks.Add(process);
    }

    public void OnBatch()
    {
    }

    bool IsMarked(ProcessInfo process) => process.Arguments.Span.IndexOf(_mark) >= 0;
}
