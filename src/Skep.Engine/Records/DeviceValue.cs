using System.Runtime.InteropServices;

namespace Skep.Engine.Records;

/// <summary>A network device; <c>struct device_value</c> of <c>bpf/engine.h</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
public readonly struct DeviceValue
{
    /// <summary>Its index.</summary>
    [FieldOffset(0)] public readonly uint Interface;

    /// <summary>Its name.</summary>
    [FieldOffset(8)] public readonly ShortName Name;
}
