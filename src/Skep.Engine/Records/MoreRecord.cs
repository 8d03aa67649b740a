using System.Runtime.InteropServices;

namespace Skep.Engine.Records;

/// <summary>More of the arguments or the environment of an execution; <c>struct more_record</c> of <c>bpf/engine.h</c>.</summary>
public readonly ref struct MoreRecord
{
    /// <summary>Size of the fixed part in bytes.</summary>
    public const int Size = RecordHeader.Size + 16;

    [StructLayout(LayoutKind.Sequential)]
    internal struct Body
    {
        public uint Part, Offset, DataLength, Reserved;
    }

    MoreRecord(scoped in RecordHeader header, scoped in Body body, ReadOnlySpan<byte> data)
    {
        Header = header;
        IsEnvironment = body.Part == 1;
        Offset = body.Offset;
        Data = data;
    }

    /// <summary>Start of the record.</summary>
    public RecordHeader Header { get; }

    /// <summary>Whether the bytes belong to the environment; to the arguments otherwise.</summary>
    public bool IsEnvironment { get; }

    /// <summary>Where the bytes belong, from the start of the arguments or of the environment.</summary>
    public uint Offset { get; }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Data { get; }

    /// <summary>Reads a record; false when it is of another kind, of an unknown part, or its length does not fit.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out MoreRecord record)
    {
        record = default;
        if (!RecordHeader.TryRead(bytes, RecordKind.More, out var header, out Body body, out var data)) return false;
        if (body.Part > 1 || body.DataLength > (uint)data.Length) return false;
        record = new MoreRecord(header, body, data[..(int)body.DataLength]);
        return true;
    }
}
