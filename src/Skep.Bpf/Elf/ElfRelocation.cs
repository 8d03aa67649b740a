namespace Skep.Bpf;

/// <summary>A relocation: the place in the section that it applies to, and the symbol whose address goes there.</summary>
readonly record struct ElfRelocation(ulong Offset, ElfRelocationType Type, uint SymbolIndex);
