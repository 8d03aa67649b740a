namespace Skep.Bpf;

/// <summary>A value of an enumeration.</summary>
/// <param name="NameOffset">Offset of the name in the string section.</param>
/// <param name="Value">The value, sign-extended for signed enumerations.</param>
public readonly record struct BtfEnumerator(uint NameOffset, long Value);
