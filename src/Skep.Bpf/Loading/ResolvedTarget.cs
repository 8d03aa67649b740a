namespace Skep.Bpf;

/// <summary>What a program attaches to by BTF id.</summary>
/// <param name="TypeId">The id; 0 for programs that attach otherwise.</param>
/// <param name="Descriptor">Descriptor of the module's BTF object or of the target program; 0 for the kernel.</param>
readonly record struct ResolvedTarget(uint TypeId, int Descriptor);
