namespace Skep.Bpf;

/// <summary>A member of a struct or union.</summary>
/// <param name="NameOffset">Offset of the name in the string section; 0 for an anonymous member.</param>
/// <param name="TypeId">The member's type.</param>
/// <param name="BitOffset">Offset from the start of the struct, in bits.</param>
/// <param name="BitfieldSize">Width of a bitfield in bits; 0 for an ordinary member.</param>
public readonly record struct BtfMember(uint NameOffset, uint TypeId, uint BitOffset, byte BitfieldSize);
