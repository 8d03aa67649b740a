namespace Skep.Bpf.Interpreter;

/// <summary>A program did what the verifier would not allow, or needs what the machine does not provide.</summary>
public sealed class MachineFaultException : BpfException
{
    internal MachineFaultException(FaultKind kind, string program, int slot, string instruction, string detail)
        : base($"program '{program}', slot {slot} ({instruction}): {detail}")
    {
        Kind = kind;
        Slot = slot;
    }

    /// <summary>What went wrong.</summary>
    public FaultKind Kind { get; }

    /// <summary>Slot of the instruction, from the start of the program; -1 before the first one.</summary>
    public int Slot { get; }
}
