using System.Runtime.InteropServices;

namespace Skep.Engine.Records;

/// <summary>A capability; <c>struct capability_value</c> of <c>bpf/engine.h</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
public readonly struct CapabilityValue
{
    /// <summary><c>CAP_*</c>.</summary>
    [FieldOffset(0)] public readonly uint Capability;
}
