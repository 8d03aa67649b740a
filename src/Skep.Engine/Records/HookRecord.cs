using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Skep.Engine.Processes;

namespace Skep.Engine.Records;

/// <summary>
/// What the kernel saw at a hook, read in place. The bytes come from a program of ours, but a record is also what a recording on disk holds:
/// every place and length is checked before it is followed.
/// </summary>
public readonly ref struct HookRecord
{
    const ushort Kind = 4;
    const int ArgumentSize = 8, MatchSize = 8;

    /// <summary>Most values of a hook (<c>MAX_ARGUMENTS</c>).</summary>
    public const int MaxArguments = 16;

    /// <summary>Most matches of a record (<c>MAX_MATCHES</c>).</summary>
    public const int MaxMatches = 32;

    readonly ReadOnlySpan<byte> _bytes;

    HookRecord(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Takes bytes as a record; false when its lengths contradict each other or it is another kind of record.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out HookRecord record) => TryRead(bytes, 0, out record);

    /// <summary>As <see cref="TryRead(ReadOnlySpan{byte}, out HookRecord)"/>; captured values that are not numbers must also lie inside.</summary>
    /// <param name="bytes">What the ring buffer gave.</param>
    /// <param name="placed">A bit for each value of the table that lies elsewhere in the record.</param>
    /// <param name="record">The record.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, uint placed, out HookRecord record)
    {
        record = default;
        if (bytes.Length < HookHeader.Size) return false;
        ref readonly var header = ref MemoryMarshal.AsRef<HookHeader>(bytes);
        if (header.Kind != Kind || header.Length > (uint)bytes.Length || header.Arguments > MaxArguments || header.Matches > MaxMatches) return false;
        if (header.Length < HookHeader.Size + header.Arguments * ArgumentSize + header.Matches * MatchSize) return false;
        record = new HookRecord(bytes[..(int)header.Length]);
        for (var i = 0; i < header.Arguments; i++)
        {
            if ((placed & header.Captured & (1u << i)) == 0 || record.TryGetBytes(i, out _)) continue;
            record = default;
            return false;
        }
        return true;
    }

    ref readonly HookHeader Header => ref MemoryMarshal.AsRef<HookHeader>(_bytes);

    /// <summary>Whether there is a record; false of a default value.</summary>
    public bool Exists => !_bytes.IsEmpty;

    /// <summary>The record as it is.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Number of the hook in its generation.</summary>
    public ushort Hook => Header.Hook;

    /// <summary>The generation of programs that saw it.</summary>
    public uint Generation => Header.Generation;

    /// <summary>How the process came to be.</summary>
    public ProcessFlags ProcessFlags => (ProcessFlags)Header.Flags;

    /// <summary>When: nanoseconds since boot, sleep included.</summary>
    public ulong Time => Header.Time;

    /// <summary>Whose process.</summary>
    public ProcessId Process => new(Header.Pid, Header.Start);

    /// <summary>Which thread, as the initial pid namespace numbers it.</summary>
    public uint Tid => Header.Tid;

    /// <summary>Id of the process's control group in the v2 hierarchy.</summary>
    public ulong CgroupId => Header.Cgroup;

    /// <summary>The process's parent.</summary>
    public ProcessId Parent => new(Header.ParentPid, Header.ParentStart);

    /// <summary>The processor.</summary>
    public uint Cpu => Header.Cpu;

    /// <summary>Whether a record with the digest of a file follows.</summary>
    public bool AwaitsDigest => (Header.Captured & (1u << 31)) != 0;

    /// <summary>How many values the table has place for.</summary>
    public int ArgumentCount => Header.Arguments;

    /// <summary>How many rules matched.</summary>
    public int MatchCount => Header.Matches;

    /// <summary>A rule that matched.</summary>
    public HookMatch Match(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)MatchCount, nameof(index));
        return MemoryMarshal.Read<HookMatch>(_bytes[(_bytes.Length - (MatchCount - index) * MatchSize)..]);
    }

    /// <summary>Whether a value was captured; false of one outside of the table.</summary>
    public bool IsCaptured(int index) => (uint)index < Header.Arguments && (Header.Captured & (1u << index)) != 0;

    /// <summary>A value that is a number, as 64 bits.</summary>
    public ulong NumberAt(int index) => MemoryMarshal.Read<ulong>(Entry(index));

    /// <summary>What is known of a value that is not a number.</summary>
    public ArgumentFlags FlagsAt(int index) => (ArgumentFlags)MemoryMarshal.Read<ushort>(Entry(index)[4..]);

    /// <summary>The mode (<c>i_mode</c>) of a file or path; 0 when not known.</summary>
    public ushort ModeAt(int index) => MemoryMarshal.Read<ushort>(Entry(index)[6..]);

    /// <summary>The bytes of a value that is not a number; false when it was not captured or does not lie inside of the record.</summary>
    public bool TryGetBytes(int index, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (!IsCaptured(index)) return false;
        var entry = Entry(index);
        int offset = MemoryMarshal.Read<ushort>(entry), length = MemoryMarshal.Read<ushort>(entry[2..]);
        if (length == 0) return true;
        var end = _bytes.Length - MatchCount * MatchSize;
        if (offset < HookHeader.Size + ArgumentCount * ArgumentSize || offset > end || length > end - offset) return false;
        bytes = _bytes.Slice(offset, length);
        return true;
    }

    /// <summary>An object's value; false when it was not captured, could not be read, or is shorter than it must be.</summary>
    public bool TryGetValue<T>(int index, out T value) where T : unmanaged
    {
        if (TryGetBytes(index, out var bytes) && MemoryMarshal.TryRead(bytes, out value)) return true;
        value = default;
        return false;
    }

    /// <summary>The address of a unix socket and its path; false when it was not captured, could not be read, or the path is not all there.</summary>
    public bool TryGetUnixAddress(int index, out UnixAddressValue address, out ReadOnlySpan<byte> path)
    {
        path = default;
        if (!TryGetValue(index, out address) || !TryGetBytes(index, out var bytes)) return false;
        var rest = bytes[Unsafe.SizeOf<UnixAddressValue>()..];
        if (address.PathLength > (uint)rest.Length) return false;
        path = rest[..(int)address.PathLength];
        return true;
    }

    ReadOnlySpan<byte> Entry(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)ArgumentCount, nameof(index));
        return _bytes.Slice(HookHeader.Size + index * ArgumentSize, ArgumentSize);
    }
}
