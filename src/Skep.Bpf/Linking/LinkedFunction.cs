namespace Skep.Bpf;

/// <summary>Where a function begins in a <see cref="LinkedProgram"/>.</summary>
/// <param name="Start">Slot index of its first instruction.</param>
/// <param name="BtfTypeId">BTF id of the function (kind FUNC); 0 without BTF.</param>
/// <param name="Name">The function's name.</param>
public readonly record struct LinkedFunction(int Start, uint BtfTypeId, string Name);
