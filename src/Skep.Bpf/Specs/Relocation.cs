namespace Skep.Bpf;

/// <summary>A reference from one instruction of a function to a symbol, resolved when programs are linked and loaded.</summary>
/// <param name="Index">Slot index, within the function, of the instruction to patch.</param>
/// <param name="Kind">What the symbol is.</param>
/// <param name="Symbol">Name of the map, function or extern.</param>
/// <param name="Addend">Byte offset added to a data-section address.</param>
public readonly record struct Relocation(int Index, RelocationKind Kind, string Symbol, int Addend = 0);
