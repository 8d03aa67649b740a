namespace Skep.Bpf.Building;

/// <summary>A number at a fixed offset of a struct.</summary>
/// <param name="Name">Name, for messages.</param>
/// <param name="Offset">Bytes from the start of the struct.</param>
/// <param name="Type">Its type; the first element's for an array.</param>
public readonly record struct Field(string Name, int Offset, ScalarType Type);
