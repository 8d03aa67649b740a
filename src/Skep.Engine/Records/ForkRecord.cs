using System.Runtime.InteropServices;

namespace Skep.Engine.Records;

/// <summary>A process was created; <c>struct fork_record</c> of <c>bpf/engine.h</c>. The header is the child's.</summary>
public readonly ref struct ForkRecord
{
    /// <summary>Size in bytes.</summary>
    public const int Size = RecordHeader.Size + 8;

    [StructLayout(LayoutKind.Sequential)]
    internal struct Body
    {
        public uint PidInNamespace, Reserved;
    }

    ForkRecord(scoped in RecordHeader header, uint pidInNamespace)
    {
        Header = header;
        PidInNamespace = pidInNamespace;
    }

    /// <summary>Start of the record.</summary>
    public RecordHeader Header { get; }

    /// <summary>The child's pid in its own pid namespace.</summary>
    public uint PidInNamespace { get; }

    /// <summary>Reads a record; false when it is of another kind or too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ForkRecord record)
    {
        var read = RecordHeader.TryRead(bytes, RecordKind.Fork, out var header, out Body body, out _);
        record = read ? new ForkRecord(header, body.PidInNamespace) : default;
        return read;
    }
}
