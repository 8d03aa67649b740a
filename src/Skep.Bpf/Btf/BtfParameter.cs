namespace Skep.Bpf;

/// <summary>A parameter of a function prototype; a last one with type 0 and no name stands for "…".</summary>
/// <param name="NameOffset">Offset of the name in the string section.</param>
/// <param name="TypeId">The parameter's type.</param>
public readonly record struct BtfParameter(uint NameOffset, uint TypeId);
