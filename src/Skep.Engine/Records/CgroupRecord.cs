using System.Runtime.InteropServices;

namespace Skep.Engine.Records;

/// <summary>A control group was made; <c>struct cgroup_record</c> of <c>bpf/engine.h</c>. The header's group is the new one, and it has no process.</summary>
public readonly ref struct CgroupRecord
{
    [StructLayout(LayoutKind.Sequential)]
    internal struct Body
    {
        public uint PathLength, Reserved;
    }

    CgroupRecord(scoped in RecordHeader header, ReadOnlySpan<byte> path)
    {
        Header = header;
        Path = path;
    }

    /// <summary>Start of the record.</summary>
    public RecordHeader Header { get; }

    /// <summary>Its path below the root of the hierarchy.</summary>
    public ReadOnlySpan<byte> Path { get; }

    /// <summary>Reads a record; false when it is of another kind or too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out CgroupRecord record)
    {
        record = default;
        if (!RecordHeader.TryRead(bytes, RecordKind.CgroupMade, out var header, out Body body, out var data) || body.PathLength > data.Length) return false;
        record = new CgroupRecord(header, data[..(int)body.PathLength]);
        return true;
    }
}
