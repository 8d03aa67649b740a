namespace Skep.Bpf;

/// <summary>A function of a loaded program: its entry or a subprogram.</summary>
/// <param name="Index">Index of its first instruction slot in the whole program.</param>
/// <param name="Name">Its name from BTF, or empty.</param>
/// <param name="TypeId">Its FUNC in the program's BTF; 0 without BTF.</param>
/// <param name="Address">Address of its machine code; 0 when not JITed or hidden.</param>
/// <param name="JitedLength">Bytes of its machine code.</param>
/// <param name="Tag">Hash of its code, or empty.</param>
public readonly record struct ProgramFunction(int Index, string Name, uint TypeId, ulong Address, uint JitedLength, string Tag);
