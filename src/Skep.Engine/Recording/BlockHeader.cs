using System.Runtime.InteropServices;

namespace Skep.Engine.Recording;

/// <summary>What a block begins with. All numbers are little-endian, as on every machine that Skep runs on.</summary>
[StructLayout(LayoutKind.Sequential)]
struct BlockHeader
{
    public const int Size = 48, ChecksumOffset = 40;

    public uint Magic, StoredLength, RawLength, Events;

    /// <summary>Times of the first and the last event, nanoseconds since 1970.</summary>
    public long First, Last;

    public BlockEncoding Encoding;

    /// <summary>The segment that its numbers are of.</summary>
    public uint Segment;

    /// <summary>Of what is before it, and of the stored bytes.</summary>
    public uint Checksum;
    public uint Reserved2;
}
