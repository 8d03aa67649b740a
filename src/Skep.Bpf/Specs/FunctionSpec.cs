using Skep.Bpf.Instructions;

namespace Skep.Bpf;

/// <summary>One BPF function – the body of a program or a subprogram – with the tables that refer into its code. Pure data, editable before load.</summary>
public sealed class FunctionSpec
{
    /// <summary>The symbol's name, unique in its object.</summary>
    public required string Name { get; init; }

    /// <summary>Section that the code came from, or empty for generated code.</summary>
    public string Section { get; init; } = "";

    /// <summary>The code, one element per 8-byte slot; a wide load takes two.</summary>
    public required Instruction[] Instructions { get; set; }

    /// <summary>Visibility; a global function is verified on its own.</summary>
    public Linkage Linkage { get; init; } = Linkage.Global;

    /// <summary>Whether another object's strong definition replaces this one when objects are linked.</summary>
    public bool IsWeak { get; init; }

    /// <summary>Whether it is visible to other objects at link time but static for the verifier (<c>__hidden</c>); the object's BTF says static.</summary>
    public bool IsHidden { get; init; }

    /// <summary>References to maps, data, functions and externs, ascending by index.</summary>
    public IReadOnlyList<Relocation> Relocations { get; set; } = [];

    /// <summary>CO-RE records, ascending by index.</summary>
    public IReadOnlyList<CoreRelocation> CoreRelocations { get; set; } = [];

    /// <summary>Source positions, ascending by index.</summary>
    public IReadOnlyList<LineInfo> Lines { get; set; } = [];

    /// <summary>BTF id of the function (kind FUNC) in the object's BTF; 0 without BTF.</summary>
    public uint BtfTypeId { get; set; }
}
