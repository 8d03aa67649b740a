namespace Skep.Bpf;

/// <summary>Where the value of a USDT argument is.</summary>
public enum UsdtArgumentKind : byte
{
    /// <summary>In the specification itself.</summary>
    Constant = 0,
    /// <summary>In a register.</summary>
    Register = 1,
    /// <summary>In user memory, at a register plus displacement, plus an index register times a scale where there is one.</summary>
    Memory = 2,
    /// <summary>In a form that a program cannot read: a vector register, or memory relative to a symbol.</summary>
    Unsupported = 3,
}
