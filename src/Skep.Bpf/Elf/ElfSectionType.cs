namespace Skep.Bpf;

/// <summary>Section types that matter here (include/uapi/linux/elf.h: <c>SHT_*</c>); others keep their number.</summary>
enum ElfSectionType : uint
{
    Null = 0,
    ProgramBits = 1,
    SymbolTable = 2,
    StringTable = 3,
    RelocationsWithAddend = 4,
    NoBits = 8,
    Relocations = 9,
}
