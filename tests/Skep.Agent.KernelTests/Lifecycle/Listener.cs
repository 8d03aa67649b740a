using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Runtime;

namespace Skep.Agent.KernelTests.Lifecycle;

/// <summary>Hands events to what a test sets.</summary>
sealed class Listener : IEngineListener
{
    public Action<ProcessInfo>? Exec { get; set; }

    public Action<ProcessInfo, uint>? Exit { get; set; }

    /// <summary>Any event of a hook, whoever's.</summary>
    public Action? Hook { get; set; }

    public Action<string, int, ProcessInfo>? Call { get; set; }

    /// <summary>Whether <see cref="Call"/> hears of other processes: tests may run more than once on this machine.</summary>
    public bool AnyProcess { get; init; }

    public void OnExec(ProcessInfo process, ulong time, uint tid, ReadOnlySpan<ProcessMatch> matches) => Exec?.Invoke(process);

    public void OnExit(ProcessInfo process, ulong time, uint tid, uint status, ReadOnlySpan<ProcessMatch> matches) => Exit?.Invoke(process, status);

    public void OnHook(in HookEvent hookEvent)
    {
        Hook?.Invoke();
        if (Call is null) return;
        var places = hookEvent.Places;
        if (hookEvent.Process is { } process && (AnyProcess || process.Id.Pid == Environment.ProcessId)) Call(hookEvent.PolicyName, (int)hookEvent.Record.NumberAt(places[0]), process);
    }

    public void OnBatch()
    {
    }
}
