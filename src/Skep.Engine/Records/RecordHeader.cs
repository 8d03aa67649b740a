using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Skep.Engine.Processes;

namespace Skep.Engine.Records;

/// <summary>The start of every record; <c>struct record</c> of <c>bpf/engine.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct RecordHeader(
    uint Length, RecordKind Kind, ushort Hook, uint Generation, ProcessFlags Flags, ulong Time, ulong Start, uint Pid, uint Tid, ulong Cgroup,
    ulong ParentStart, uint ParentPid, uint Cpu)
{
    /// <summary>Its size in bytes.</summary>
    public const int Size = 64;

    /// <summary>The process that the record is of.</summary>
    public ProcessId Id => new(Pid, Start);

    /// <summary>The process that forked it; default when there is none.</summary>
    public ProcessId ParentId => new(ParentPid, ParentStart);

    /// <summary>Reads the header of a record; false when <paramref name="bytes"/> does not hold the whole record that it announces.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out RecordHeader header) =>
        MemoryMarshal.TryRead(bytes, out header) && header.Length >= Size && header.Length <= (uint)bytes.Length;

    // The body of a record of the expected kind, fixed part and texts; what follows the announced length is padding of the ring buffer.
    internal static bool TryRead<T>(ReadOnlySpan<byte> bytes, RecordKind kind, out RecordHeader header, out T body, out ReadOnlySpan<byte> rest)
        where T : struct
    {
        body = default;
        rest = default;
        if (!TryRead(bytes, out header) || header.Kind != kind) return false;
        var after = bytes[Size..(int)header.Length];
        if (!MemoryMarshal.TryRead(after, out body)) return false;
        rest = after[Unsafe.SizeOf<T>()..];
        return true;
    }
}
