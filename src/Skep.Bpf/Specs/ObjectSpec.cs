namespace Skep.Bpf;

/// <summary>
/// Everything that an eBPF object file says, parsed and editable: no system call is made until <see cref="BpfObject"/> loads it.
/// </summary>
public sealed partial class ObjectSpec
{
    /// <summary>Name for messages and pins: the file's name without extension, unless set.</summary>
    public string Name { get; set; } = "object";

    /// <summary>Byte order of code and data; instructions are already in host order.</summary>
    public ByteOrder ByteOrder { get; init; } = BitConverter.IsLittleEndian ? ByteOrder.Little : ByteOrder.Big;

    /// <summary>License of the programs; most tracing helpers demand one compatible with the GPL.</summary>
    public string License { get; set; } = "";

    /// <summary>Kernel version that kprobe programs declare for kernels before 5.0; 0 means the running kernel's.</summary>
    public uint KernelVersion { get; set; }

    /// <summary>
    /// The object's type information, or null. Sizes and offsets of the sections that the object itself defines are filled in, and hidden
    /// functions are static; <c>.ksyms</c> and <c>.kconfig</c> are as the compiler wrote them.
    /// </summary>
    public Btf? Btf { get; set; }

    /// <summary>Every function, programs' entries included, by name.</summary>
    public Dictionary<string, FunctionSpec> Functions { get; } = [];

    /// <summary>Programs by name.</summary>
    public Dictionary<string, ProgramSpec> Programs { get; } = [];

    /// <summary>Maps by name, data sections included (<c>.rodata</c>, <c>.bss</c> …).</summary>
    public Dictionary<string, MapSpec> Maps { get; } = [];

    /// <summary>Global variables by name.</summary>
    public Dictionary<string, VariableSpec> Variables { get; } = [];

    /// <summary>Externs by name.</summary>
    public Dictionary<string, ExternSpec> Externs { get; } = [];

    /// <summary>What was found in the file and left out, one sentence each; empty for ordinary objects.</summary>
    public List<string> Warnings { get; } = [];
}
