using Skep.Bpf.Instructions;

namespace Skep.Bpf.Building;

enum OperationKind : byte
{
    /// <summary>Target = parameters of the function, from r1 on.</summary>
    Parameters,
    /// <summary>A label.</summary>
    Bind,
    /// <summary>Jump to the label.</summary>
    Goto,
    /// <summary>Jump to the label when A compares to B.</summary>
    Branch,
    /// <summary>Target = A.</summary>
    Move,
    /// <summary>Target op= A, by a whole opcode.</summary>
    Compute,
    /// <summary>Target = memory at A + offset.</summary>
    Load,
    /// <summary>Memory at A + offset = B.</summary>
    Store,
    /// <summary>Atomic operation with memory at A + offset and B; a fetch writes B.</summary>
    Atomic,
    /// <summary>Target = call with arguments.</summary>
    Call,
    /// <summary>Return A.</summary>
    Return,
}

enum CallKind : byte
{
    Helper,
    Function,
    Kernel,
    /// <summary>Compare and exchange: address, new value, expected value in r1–r3.</summary>
    CompareExchange,
}

/// <summary>One step of a function before registers are assigned.</summary>
sealed class Operation(OperationKind kind)
{
    public OperationKind Kind { get; } = kind;
    public int Target { get; set; } = -1;
    public Operand A { get; set; }
    public Operand B { get; init; }
    public Operand[] Arguments { get; init; } = [];
    public int Code { get; init; }
    public int Offset { get; init; }
    public AccessSize Size { get; init; }
    public Label Label { get; init; }
    public CallKind Call { get; init; }
    public string? Callee { get; init; }
    public SourceLine? Line { get; set; }

    public bool IsTwoAddress => Kind == OperationKind.Compute;

    public bool Fetches => Kind == OperationKind.Atomic && (Code & AtomicOperation.Fetch) != 0;

    /// <summary>Whether the operation can be dropped when nobody reads its target.</summary>
    public bool IsPure => Kind is OperationKind.Move or OperationKind.Compute or OperationKind.Load;

    public bool EndsFlow => Kind is OperationKind.Goto or OperationKind.Return;

    public IEnumerable<int> Uses()
    {
        if (A.IsVirtual) yield return A.Register;
        if (B.IsVirtual) yield return B.Register;
        if (IsTwoAddress) yield return Target;
        foreach (var argument in Arguments)
        {
            if (argument.IsVirtual && Kind != OperationKind.Parameters) yield return argument.Register;
        }
    }

    public IEnumerable<int> Definitions()
    {
        if (Target >= 0) yield return Target;
        if (Fetches) yield return B.Register;
        if (Kind != OperationKind.Parameters) yield break;
        foreach (var parameter in Arguments)
        {
            if (parameter.IsVirtual) yield return parameter.Register;
        }
    }
}

/// <summary>The C# line that an operation comes from.</summary>
sealed record SourceLine(string File, int Line, string Text);
