using Skep.Engine.Processes;
using Skep.Engine.Records;

namespace Skep.Engine.Runtime;

/// <summary>Gets the events, one after the other, on the thread that polls. What it is given by reference lives as long as the call.</summary>
public interface IEngineListener
{
    /// <summary>A process executed a program.</summary>
    /// <param name="process">The process.</param>
    /// <param name="time">When, nanoseconds since boot.</param>
    /// <param name="tid">Its thread.</param>
    /// <param name="matches">Which rules wanted it; empty where no policy chooses among executions.</param>
    void OnExec(ProcessInfo process, ulong time, uint tid, ReadOnlySpan<ProcessMatch> matches);

    /// <summary>A process ended.</summary>
    /// <param name="process">The process.</param>
    /// <param name="time">When, nanoseconds since boot.</param>
    /// <param name="tid">Its last thread.</param>
    /// <param name="status">As wait(2) gives it: the signal in the low seven bits, a dumped core in the eighth, the exit code above.</param>
    /// <param name="matches">Which rules wanted it; empty where no policy chooses among exits.</param>
    void OnExit(ProcessInfo process, ulong time, uint tid, uint status, ReadOnlySpan<ProcessMatch> matches);

    /// <summary>A rule of a policy matched.</summary>
    void OnHook(in HookEvent hookEvent);

    /// <summary>A process has mapped a file to run it; told while some policy wants it (<see cref="Rules.Policy.ReportsMappings"/>).</summary>
    void OnMapping(in FileMapping mapping)
    {
    }

    /// <summary>Comes after a batch of events: a time to write out what was buffered.</summary>
    void OnBatch();
}
