using Skep.Bpf.Instructions;

namespace Skep.Bpf;

/// <summary>A program ready for the kernel: one flat piece of code with every reference already resolved to descriptors and ids.</summary>
public sealed class ProgramImage
{
    /// <summary>Name; the kernel keeps its first 15 bytes.</summary>
    public required string Name { get; init; }

    /// <summary>Kind of program.</summary>
    public required ProgramType Type { get; init; }

    /// <summary>The code: the entry function, then its subprograms.</summary>
    public required Instruction[] Instructions { get; init; }

    /// <summary>Expected attach type, for kinds that have one.</summary>
    public AttachType AttachType { get; init; }

    /// <summary>License.</summary>
    public string License { get; init; } = "GPL";

    /// <summary>Declared kernel version, for kprobes before 5.0.</summary>
    public uint KernelVersion { get; init; }

    /// <summary>Load flags.</summary>
    public ProgramFlags Flags { get; init; }

    /// <summary>Network interface that the program is bound to; 0 for none.</summary>
    public uint InterfaceIndex { get; init; }

    /// <summary>BTF id of the attach target (tracing, LSM, struct_ops, freplace); 0 for none.</summary>
    public uint AttachBtfId { get; init; }

    /// <summary>Descriptor of the target program, or of the module's BTF object; 0 for vmlinux.</summary>
    internal int AttachFd { get; init; }

    /// <summary>Descriptor of the program's own BTF; 0 for none.</summary>
    internal int BtfFd { get; init; }

    /// <summary>Function records (8 bytes each: slot index, FUNC id), required with subprograms and BTF.</summary>
    public byte[] FuncInfo { get; init; } = [];

    /// <summary>Line records (16 bytes each: slot index, file, text, line/column).</summary>
    public byte[] LineInfo { get; init; } = [];

    /// <summary>Descriptors that instructions refer to by index: module BTFs of kfuncs, maps.</summary>
    internal int[] FdArray { get; init; } = [];

    /// <inheritdoc cref="LoadOptions.Token"/>
    public BpfToken? Token { get; init; }

    /// <summary>Section that it came from and what that names as target; for messages and for attaching.</summary>
    public string SectionName { get; init; } = "";

    /// <inheritdoc cref="ProgramSpec.AttachTarget"/>
    public string AttachTarget { get; init; } = "";

    /// <summary>Source positions by slot index in <see cref="Instructions"/>, ascending; for messages.</summary>
    public IReadOnlyList<LineInfo> Lines { get; init; } = [];

    /// <summary>Name of the object that it belongs to, for messages; empty for a program on its own.</summary>
    public string ObjectName { get; init; } = "";

    /// <summary>What could not be resolved at an instruction, which was made impossible to execute: "field struct x.y", by slot index.</summary>
    internal IReadOnlyDictionary<int, string> Unresolved { get; init; } = new Dictionary<int, string>();
}
