namespace Skep.Bpf;

/// <summary>What an extern of an object is in the running kernel.</summary>
/// <param name="Spec">The extern.</param>
/// <param name="IsFound">Whether the kernel has it; only weak externs may be missing.</param>
/// <param name="Address">Address of a symbol without type.</param>
/// <param name="TypeId">BTF id of a typed variable or function.</param>
/// <param name="Descriptor">Descriptor of the module's BTF object; 0 for the kernel itself.</param>
sealed record ResolvedExtern(ExternSpec Spec, bool IsFound, ulong Address = 0, uint TypeId = 0, int Descriptor = 0);
