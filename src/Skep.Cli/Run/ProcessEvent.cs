using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Skep.Cli.Run;

/// <summary>A record of <c>bpf/exec.bpf.c</c>, read in place.</summary>
readonly ref struct ProcessEvent
{
    /// <summary>Bytes before the variable part.</summary>
    public const int HeaderSize = 72;

    const int CommOffset = 40, CommSize = 16;
    const uint FilenameCut = 1, ArgumentsCut = 2, ArgumentsUnreadFlag = 4;

    readonly ReadOnlySpan<byte> _record;

    ProcessEvent(ReadOnlySpan<byte> record) => _record = record;

    /// <summary>False for a record that is too short for what it says.</summary>
    public static bool TryRead(ReadOnlySpan<byte> record, out ProcessEvent processEvent)
    {
        processEvent = default;
        if (record.Length < HeaderSize) return false;
        processEvent = new ProcessEvent(record);
        return record.Length >= HeaderSize + processEvent.FilenameLength + processEvent.ArgumentsLength;
    }

    public bool IsExec => UInt32(0) == 1;
    public uint Pid => UInt32(4);
    public uint ParentPid => UInt32(8);
    public uint Uid => UInt32(12);

    /// <summary>Nanoseconds since boot.</summary>
    public ulong Time => UInt64(16);

    /// <summary>Start of the process, nanoseconds since boot.</summary>
    public ulong Start => UInt64(24);

    public ulong CgroupId => UInt64(32);
    public ReadOnlySpan<byte> Comm => UpToNul(_record.Slice(CommOffset, CommSize));

    /// <summary>As of wait(2): the signal in the low seven bits, a dumped core in the eighth, the exit code above.</summary>
    public uint ExitStatus => UInt32(56);

    public int ExitCode => (int)(ExitStatus >> 8 & 0xff);
    public int Signal => (int)(ExitStatus & 0x7f);
    public bool HasDumpedCore => (ExitStatus & 0x80) != 0;

    public ReadOnlySpan<byte> Filename => _record.Slice(HeaderSize, FilenameLength);
    public bool IsFilenameCut => (UInt32(64) & FilenameCut) != 0;

    /// <summary>The arguments, each ended by a NUL; the last one may be cut.</summary>
    public ReadOnlySpan<byte> Arguments => _record.Slice(HeaderSize + FilenameLength, ArgumentsLength);

    public bool AreArgumentsCut => (UInt32(64) & ArgumentsCut) != 0;
    public bool AreArgumentsUnread => (UInt32(64) & ArgumentsUnreadFlag) != 0;

    int FilenameLength => BinaryPrimitives.ReadUInt16LittleEndian(_record[60..]);
    int ArgumentsLength => BinaryPrimitives.ReadUInt16LittleEndian(_record[62..]);

    uint UInt32(int offset) => MemoryMarshal.Read<uint>(_record[offset..]);

    ulong UInt64(int offset) => MemoryMarshal.Read<ulong>(_record[offset..]);

    static ReadOnlySpan<byte> UpToNul(ReadOnlySpan<byte> bytes) => bytes.IndexOf((byte)0) is var end && end < 0 ? bytes : bytes[..end];
}
