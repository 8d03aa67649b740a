namespace Skep.Bpf;

/// <summary>A field of a struct, by its place.</summary>
/// <param name="Name">Path from the struct: <c>mm</c>, <c>mm.start_brk</c>; members of anonymous structs and unions count as the outer one's.</param>
/// <param name="Offset">Offset from the start of the struct, in bytes.</param>
public readonly record struct BtfField(string Name, int Offset);
