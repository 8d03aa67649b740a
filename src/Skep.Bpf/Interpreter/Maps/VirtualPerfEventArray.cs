namespace Skep.Bpf.Interpreter;

/// <summary>A perf event array: collects what programs output.</summary>
public sealed class VirtualPerfEventArray : VirtualMap
{
    internal VirtualPerfEventArray(Machine machine, MapSpec spec) : base(machine, spec)
    {
    }

    /// <summary>The samples with the CPU that they were sent to, oldest first.</summary>
    public List<(int Cpu, byte[] Data)> Samples { get; } = [];
}
