namespace Skep.Bpf;

/// <summary>How a function or variable is visible to the linker and the verifier (include/uapi/linux/btf.h: <c>enum btf_func_linkage</c>).</summary>
public enum Linkage
{
    /// <summary>Private to its object; verified in the context of its callers.</summary>
    Static = 0,
    /// <summary>Visible to other objects; a global function is verified on its own.</summary>
    Global = 1,
    /// <summary>Declared here and defined elsewhere.</summary>
    Extern = 2,
}
