namespace Skep.Bpf.Instructions;

/// <summary>The registers of the eBPF machine (RFC 9669 §2.2).</summary>
public enum Register : byte
{
    /// <summary>Return value of calls and of the program.</summary>
    R0 = 0,
    /// <summary>First argument; the context at program entry.</summary>
    R1 = 1,
    /// <summary>Second argument.</summary>
    R2 = 2,
    /// <summary>Third argument.</summary>
    R3 = 3,
    /// <summary>Fourth argument.</summary>
    R4 = 4,
    /// <summary>Fifth argument.</summary>
    R5 = 5,
    /// <summary>Callee-saved.</summary>
    R6 = 6,
    /// <summary>Callee-saved.</summary>
    R7 = 7,
    /// <summary>Callee-saved.</summary>
    R8 = 8,
    /// <summary>Callee-saved.</summary>
    R9 = 9,
    /// <summary>Read-only frame pointer; the stack is 512 bytes below it.</summary>
    R10 = 10,
}
