namespace Skep.Bpf;

/// <summary>What an extern symbol of an object refers to.</summary>
public enum ExternKind
{
    /// <summary>A Kconfig value or a virtual <c>LINUX_*</c> value (<c>.kconfig</c>).</summary>
    Kconfig,
    /// <summary>A kernel variable with its type (<c>.ksyms</c>), resolved through the kernel's BTF.</summary>
    TypedKernelSymbol,
    /// <summary>A kernel symbol without type (<c>.ksyms</c>), resolved through kallsyms.</summary>
    KernelSymbol,
    /// <summary>A kernel function (<c>.ksyms</c>), resolved through the kernel's or a module's BTF.</summary>
    KernelFunction,
    /// <summary>A function or variable that another object defines; only the linker resolves it.</summary>
    Undefined,
}
