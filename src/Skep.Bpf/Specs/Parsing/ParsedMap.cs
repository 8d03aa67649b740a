namespace Skep.Bpf;

/// <summary>A map definition and where it lies in <c>.maps</c>.</summary>
/// <param name="Spec">The map.</param>
/// <param name="Offset">Byte offset of the definition in the section.</param>
/// <param name="Size">Size of the definition, its initial values included.</param>
/// <param name="ValuesOffset">Byte offset of the <c>values</c> array in the definition, or -1.</param>
sealed record ParsedMap(MapSpec Spec, long Offset, long Size, int ValuesOffset);
