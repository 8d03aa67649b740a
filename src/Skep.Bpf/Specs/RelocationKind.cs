namespace Skep.Bpf;

/// <summary>What a relocated instruction refers to.</summary>
public enum RelocationKind
{
    /// <summary>A wide load of a map's descriptor; the symbol is a map.</summary>
    Map,
    /// <summary>A wide load of an address inside a data section; the symbol is the section's map, the addend the offset in its value.</summary>
    MapValue,
    /// <summary>A call of a subprogram.</summary>
    Call,
    /// <summary>A wide load of a subprogram's address, for callbacks.</summary>
    FunctionAddress,
    /// <summary>A wide load of the address or value of an extern variable: a kernel symbol or a Kconfig value.</summary>
    Extern,
    /// <summary>A call of a kernel function (kfunc) or of a function that another object defines.</summary>
    ExternCall,
}
