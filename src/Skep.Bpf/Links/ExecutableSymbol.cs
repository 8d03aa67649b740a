namespace Skep.Bpf;

/// <summary>A function of an executable.</summary>
/// <param name="Name">Its name, without a version.</param>
/// <param name="Address">Its virtual address before relocation.</param>
/// <param name="Size">Its length in bytes; 0 when unknown.</param>
/// <param name="IsWeak">Whether a strong symbol of this name would win.</param>
/// <param name="IsIndirect">Whether it is the resolver of an indirect function (STT_GNU_IFUNC), not the function itself.</param>
readonly record struct ExecutableSymbol(string Name, ulong Address, ulong Size, bool IsWeak, bool IsIndirect);
