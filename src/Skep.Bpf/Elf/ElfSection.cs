namespace Skep.Bpf;

/// <summary>A section header; the content of a section that occupies file space lies within the file.</summary>
sealed record ElfSection(int Index, string Name, ElfSectionType Type, ulong Flags, int Offset, long Size, uint Link, uint Info, ulong Alignment)
{
    const ulong WriteFlag = 0x1;
    const ulong AllocateFlag = 0x2;
    const ulong ExecutableFlag = 0x4;

    public bool IsExecutable => (Flags & ExecutableFlag) != 0 && Type == ElfSectionType.ProgramBits;

    public bool IsWritable => (Flags & WriteFlag) != 0;

    public bool IsAllocated => (Flags & AllocateFlag) != 0;

    /// <summary>Whether its bytes are in the file; a section without bits is all zero.</summary>
    public bool HasBits => Type is not (ElfSectionType.Null or ElfSectionType.NoBits);

    public bool HoldsData => Type is ElfSectionType.ProgramBits or ElfSectionType.NoBits;
}
