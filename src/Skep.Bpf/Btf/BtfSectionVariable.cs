namespace Skep.Bpf;

/// <summary>A variable's place in a data section.</summary>
/// <param name="TypeId">The variable (kind VAR) or extern function (kind FUNC).</param>
/// <param name="Offset">Byte offset in the section.</param>
/// <param name="Size">Size in bytes.</param>
public readonly record struct BtfSectionVariable(uint TypeId, uint Offset, uint Size);
