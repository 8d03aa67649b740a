namespace Skep.Bpf;

/// <summary>Whether eBPF code becomes machine code (<c>net.core.bpf_jit_enable</c>).</summary>
public enum JitMode
{
    /// <summary>It could not be read.</summary>
    Unknown,
    /// <summary>Programs are interpreted; trampolines, kfuncs and struct_ops do not work.</summary>
    Off,
    /// <summary>Programs are compiled.</summary>
    On,
    /// <summary>Programs are compiled and dumped to the kernel's log.</summary>
    Debug,
}
