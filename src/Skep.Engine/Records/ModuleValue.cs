using System.Runtime.InteropServices;

namespace Skep.Engine.Records;

/// <summary>A kernel module, loaded or being loaded; <c>struct module_value</c> of <c>bpf/engine.h</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
public readonly struct ModuleValue
{
    /// <summary><c>TAINT_*</c>, a bit each.</summary>
    [FieldOffset(0)] public readonly uint Taints;

    /// <summary>Not 0 when its signature was verified.</summary>
    [FieldOffset(4)] public readonly uint SignatureOk;

    /// <summary>Its name.</summary>
    [FieldOffset(8)] public readonly LongName Name;
}
