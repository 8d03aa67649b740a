using Skep.Engine.Rules;

namespace Skep.Engine.Compilation;

/// <summary>The workloads that policies name, by number: user space keeps in the kernel which control groups belong to each.</summary>
public sealed class WorkloadTable
{
    readonly List<Workload> _workloads = [];

    /// <summary>All of them; a workload's place is its number.</summary>
    public IReadOnlyList<Workload> Workloads => _workloads;

    /// <summary>A workload's number.</summary>
    public int NumberOf(Workload workload)
    {
        var number = _workloads.IndexOf(workload);
        if (number >= 0) return number;
        _workloads.Add(workload);
        return _workloads.Count - 1;
    }
}
