namespace Skep.Bpf;

/// <summary>A type of the running kernel.</summary>
/// <param name="Type">The type.</param>
/// <param name="Descriptor">Descriptor of its module's BTF object; 0 for the kernel itself.</param>
readonly record struct KernelType(BtfType Type, int Descriptor);
