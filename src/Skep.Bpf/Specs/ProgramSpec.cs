namespace Skep.Bpf;

/// <summary>A program of an object: its entry function and how it wants to be loaded and attached. Pure data, editable before load.</summary>
public sealed class ProgramSpec
{
    /// <summary>The program's name: that of its function.</summary>
    public string Name => Entry.Name;

    /// <summary>The entry function.</summary>
    public required FunctionSpec Entry { get; init; }

    /// <summary>The full section name, for example <c>tracepoint/syscalls/sys_enter_execve</c>.</summary>
    public string SectionName { get; init; } = "";

    /// <summary>Kind of program.</summary>
    public ProgramType Type { get; set; }

    /// <summary>Where it expects to be attached; the kernel checks it for the types that have it.</summary>
    public AttachType AttachType { get; set; }

    /// <summary>What follows the family in the section name: the tracepoint, symbol, path or cgroup hook; empty when the section names none.</summary>
    public string AttachTarget { get; set; } = "";

    /// <summary>The program whose function is replaced or traced (freplace, fentry of a program); null for kernel functions.</summary>
    public BpfProgram? TargetProgram { get; set; }

    /// <summary>Flags of <c>BPF_PROG_LOAD</c>: sleepable, XDP fragments and others.</summary>
    public ProgramFlags Flags { get; set; }

    /// <summary>Whether <see cref="BpfObject"/> loads it; false for sections that start with '?'.</summary>
    public bool AutoLoad { get; set; } = true;

    /// <summary>Network interface index of the device that the program is bound to; 0 for none.</summary>
    public uint InterfaceIndex { get; set; }
}
