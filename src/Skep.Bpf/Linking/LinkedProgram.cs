using Skep.Bpf.Instructions;

namespace Skep.Bpf;

/// <summary>
/// A program's entry function followed by every subprogram that it reaches, as one piece of code. Calls between them are resolved; what
/// depends on the kernel – maps, data, externs, CO-RE – is still listed, by slot index in the whole code.
/// </summary>
public sealed class LinkedProgram
{
    /// <summary>Name of the program.</summary>
    public required string Name { get; init; }

    /// <summary>The code, a copy that may be patched in place.</summary>
    public required Instruction[] Instructions { get; init; }

    /// <summary>The functions in order of their start; the first is the entry.</summary>
    public required IReadOnlyList<LinkedFunction> Functions { get; init; }

    /// <summary>References to maps, data sections and externs, ascending by index.</summary>
    public required IReadOnlyList<Relocation> Relocations { get; init; }

    /// <summary>CO-RE records, ascending by index.</summary>
    public required IReadOnlyList<CoreRelocation> CoreRelocations { get; init; }

    /// <summary>Source positions, ascending by index.</summary>
    public required IReadOnlyList<LineInfo> Lines { get; init; }

    /// <summary>The function that a slot belongs to.</summary>
    public LinkedFunction FunctionAt(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Instructions.Length, nameof(index));
        var found = Functions[0];
        foreach (var function in Functions)
        {
            if (function.Start > index) break;
            found = function;
        }
        return found;
    }
}
