namespace Skep.Bpf;

/// <summary>Relocation types of the BPF target (Documentation/bpf/llvm_reloc.rst).</summary>
enum ElfRelocationType : uint
{
    None = 0,
    /// <summary><c>R_BPF_64_64</c>: the immediate of a wide load.</summary>
    WideImmediate = 1,
    /// <summary><c>R_BPF_64_ABS64</c>: eight bytes of data.</summary>
    Absolute64 = 2,
    /// <summary><c>R_BPF_64_ABS32</c>: four bytes of data.</summary>
    Absolute32 = 3,
    /// <summary><c>R_BPF_64_NODYLD32</c>: four bytes in .BTF and .BTF.ext, already in place.</summary>
    NoLoader32 = 4,
    /// <summary><c>R_BPF_64_32</c>: the immediate of a call.</summary>
    Call = 10,
}
