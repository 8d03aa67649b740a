namespace Skep.Bpf;

/// <summary>Where a field lies in a composite; see <see cref="BtfLayout.TryFind"/>.</summary>
/// <param name="TypeId">The field's type.</param>
/// <param name="BitOffset">Offset from the start of the outermost composite, in bits.</param>
/// <param name="BitfieldSize">Width of a bitfield in bits; 0 for an ordinary field.</param>
public readonly record struct BtfFieldLocation(uint TypeId, ulong BitOffset, byte BitfieldSize);
