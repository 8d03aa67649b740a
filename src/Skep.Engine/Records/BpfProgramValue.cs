using System.Runtime.InteropServices;

namespace Skep.Engine.Records;

/// <summary>A loaded BPF program; <c>struct bpf_program_value</c> of <c>bpf/engine.h</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
public readonly struct BpfProgramValue
{
    /// <summary><c>BPF_PROG_TYPE_*</c>.</summary>
    [FieldOffset(0)] public readonly uint Type;

    /// <summary>Number of its instructions.</summary>
    [FieldOffset(4)] public readonly uint Instructions;

    /// <summary>Its name.</summary>
    [FieldOffset(8)] public readonly ShortName Name;
}
