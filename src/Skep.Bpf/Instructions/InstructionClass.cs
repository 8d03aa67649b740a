namespace Skep.Bpf.Instructions;

/// <summary>The low three bits of an opcode (RFC 9669 §3.1).</summary>
public enum InstructionClass : byte
{
    /// <summary>Non-standard loads: 64-bit immediates and legacy packet access.</summary>
    Load = 0,
    /// <summary>Loads from memory into a register.</summary>
    LoadMemory = 1,
    /// <summary>Stores of an immediate.</summary>
    StoreImmediate = 2,
    /// <summary>Stores of a register, and atomic operations.</summary>
    StoreRegister = 3,
    /// <summary>32-bit arithmetic.</summary>
    Alu32 = 4,
    /// <summary>64-bit compares, jumps, calls and exit.</summary>
    Jump = 5,
    /// <summary>32-bit compares and the long jump.</summary>
    Jump32 = 6,
    /// <summary>64-bit arithmetic.</summary>
    Alu64 = 7,
}
