using System.Runtime.InteropServices;

namespace Skep.Engine.Records;

/// <summary>A perf event; <c>struct perf_event_value</c> of <c>bpf/engine.h</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 88)]
public readonly struct PerfEventValue
{
    /// <summary><c>PERF_TYPE_*</c>.</summary>
    [FieldOffset(0)] public readonly uint Type;

    /// <summary>What is counted or probed, by type.</summary>
    [FieldOffset(8)] public readonly ulong Config;

    /// <summary>Of a kprobe, from its function's start.</summary>
    [FieldOffset(16)] public readonly ulong Offset;

    /// <summary>Of a kprobe.</summary>
    [FieldOffset(24)] public readonly LongName Function;
}
