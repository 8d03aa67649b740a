using System.Buffers.Binary;

namespace Skep.Engine.Recording;

/// <summary>What a segment begins with: whose events these are, and how they were printed.</summary>
public sealed record RecordingHeader
{
    internal const int FixedSize = 8 + 2 + 2 + 4 + 4;

    /// <summary>When the segment was begun, nanoseconds since 1970.</summary>
    public long Created { get; init; }

    /// <summary>When the agent that recorded was started, nanoseconds since 1970: segments of one agent follow each other without a gap.</summary>
    public long Session { get; init; }

    /// <summary>What its blocks name it by.</summary>
    internal uint Segment { get; init; }

    /// <summary>What the agent that recorded wants known by who prints the events: its node's name and the like.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    internal byte[] ToBytes()
    {
        var body = new EntryBuffer(256);
        body.Signed(Created);
        body.Signed(Session);
        body.Number(Segment);
        body.Pairs(Settings);
        var bytes = new byte[FixedSize + body.Length];
        RecordingFormat.SegmentMagic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), RecordingFormat.Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), body.Length);
        body.Written.CopyTo(bytes.AsSpan(FixedSize));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(16), RecordingFormat.Checksum(bytes.AsSpan(FixedSize), RecordingFormat.Checksum(bytes.AsSpan(0, 16))));
        return bytes;
    }

    /// <summary>Length of the part behind the fixed one; negative when these bytes begin no segment, or one of another version.</summary>
    internal static int BodyLength(ReadOnlySpan<byte> start, out string? fault)
    {
        var (version, length) = (BinaryPrimitives.ReadUInt16LittleEndian(start[8..]), BinaryPrimitives.ReadInt32LittleEndian(start[12..]));
        fault = version != RecordingFormat.Version ? $"format version {version}: this skep reads version {RecordingFormat.Version}"
            : length is < 0 or > RecordingFormat.LargestHeader ? "damaged header" : null;
        return fault is null ? length : -1;
    }

    internal static RecordingHeader? TryParse(ReadOnlySpan<byte> start, ReadOnlySpan<byte> body)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(start[16..]) != RecordingFormat.Checksum(body, RecordingFormat.Checksum(start[..16]))) return null;
        var reader = new EntryReader(body);
        var header = new RecordingHeader { Created = reader.Signed(), Session = reader.Signed(), Segment = (uint)reader.Number(), Settings = reader.Pairs() };
        return reader.HasFailed ? null : header;
    }
}
