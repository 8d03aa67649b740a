using System.Runtime.InteropServices;

namespace Skep.Engine.Records;

/// <summary>A process ended; <c>struct exit_record</c> of <c>bpf/engine.h</c>.</summary>
public readonly ref struct ExitRecord
{
    /// <summary>Size in bytes.</summary>
    public const int Size = RecordHeader.Size + 8;

    [StructLayout(LayoutKind.Sequential)]
    internal struct Body
    {
        public uint Status, Silent;
    }

    ExitRecord(scoped in RecordHeader header, uint status, bool isSilent)
    {
        Header = header;
        Status = status;
        IsSilent = isSilent;
    }

    /// <summary>Start of the record.</summary>
    public RecordHeader Header { get; }

    /// <summary>As of wait(2).</summary>
    public uint Status { get; }

    /// <summary>Whether it is for the tree alone: no event, or one that the record of a hook tells.</summary>
    public bool IsSilent { get; }

    /// <summary>Exit code; 0 when a signal ended the process.</summary>
    public int ExitCode => (int)(Status >> 8) & 0xff;

    /// <summary>Number of the signal that ended the process; 0 when it exited.</summary>
    public int Signal => (int)Status & 0x7f;

    /// <summary>Reads a record; false when it is of another kind or too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ExitRecord record)
    {
        var read = RecordHeader.TryRead(bytes, RecordKind.Exit, out var header, out Body body, out _);
        record = read ? new ExitRecord(header, body.Status, body.Silent != 0) : default;
        return read;
    }
}
