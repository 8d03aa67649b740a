using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Runtime;

namespace Skep.Agent.KernelTests.Lifecycle;

/// <summary>Hands events to what a test sets.</summary>
sealed class Listener : IEngineListener
{
    public Action<ProcessInfo>? Exec { get; set; }

    public Action<ProcessInfo, uint>? Exit { get; set; }

    public Action<string, int, ProcessInfo>? Call { get; set; }

    public void OnExec(ProcessInfo process, ulong time, uint tid) => Exec?.Invoke(process);

    public void OnExit(ProcessInfo process, ulong time, uint tid, uint status) => Exit?.Invoke(process, status);

    public void OnHook(in HookEvent hookEvent)
    {
        Call?.Invoke(hookEvent.PolicyName, (int)hookEvent.Record.NumberAt(hookEvent.Places[0]), hookEvent.Process!);
    }

    public void OnBatch()
    {
    }
}
