namespace Skep.Bpf;

/// <summary>One step of an access path, after anonymous members have been folded away: a named member or enumerator, or an array element.</summary>
/// <param name="TypeId">The struct, union or enumeration; for an array element, the element's type.</param>
/// <param name="Index">Index of the member, enumerator or element.</param>
/// <param name="NameOffset">Offset of the name in the string section; 0 for an array element.</param>
readonly record struct CoreAccessor(uint TypeId, int Index, uint NameOffset)
{
    public bool IsNamed => NameOffset != 0;
}
