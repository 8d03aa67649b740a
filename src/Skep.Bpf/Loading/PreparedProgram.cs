namespace Skep.Bpf;

/// <summary>A program on its way into the kernel: its flat code, patched step by step.</summary>
sealed record PreparedProgram(ProgramSpec Spec, LinkedProgram Code)
{
    /// <summary>What could not be resolved, by slot index: the instruction there was made impossible to execute.</summary>
    public Dictionary<int, string> Unresolved { get; } = [];
}
