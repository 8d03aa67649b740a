namespace Skep.Bpf.Interpreter;

/// <summary>Why the interpreter stopped a program.</summary>
public enum FaultKind
{
    /// <summary>An access through a null pointer or a small number.</summary>
    NullPointer,
    /// <summary>An access outside of every region, or across the end of one.</summary>
    OutOfBounds,
    /// <summary>A store to read-only memory.</summary>
    ReadOnly,
    /// <summary>An opcode or an operand that means nothing, or a write to r10.</summary>
    InvalidInstruction,
    /// <summary>A jump or call out of the code, or falling off its end.</summary>
    InvalidJump,
    /// <summary>A helper or kernel function that is not provided.</summary>
    UnknownFunction,
    /// <summary>A helper argument of the wrong kind, for example a number in place of a map.</summary>
    InvalidArgument,
    /// <summary>More instructions than <see cref="MachineOptions.InstructionBudget"/>.</summary>
    BudgetExceeded,
    /// <summary>More nested calls than <see cref="MachineOptions.MaxCallDepth"/>.</summary>
    CallTooDeep,
    /// <summary>A ring buffer reservation that is neither submitted nor discarded at exit.</summary>
    LeakedReservation,
    /// <summary>A map or a reference that the interpreter does not model.</summary>
    NotSupported,
}
