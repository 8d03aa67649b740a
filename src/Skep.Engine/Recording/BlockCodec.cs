using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Skep.Engine.Recording;

/// <summary>Packs blocks. Brotli at its fastest: what it costs and saves is in <c>docs/performance.md</c>.</summary>
static class BlockCodec
{
    const int Quality = 0, Window = 18;

    /// <summary>Largest number of bytes that a block of this length takes with its header.</summary>
    public static int Bound(int length) => BlockHeader.Size + Math.Max(length, BrotliEncoder.GetMaxCompressedLength(length));

    /// <summary>Writes a block; the number of bytes that it takes.</summary>
    public static int Write(ReadOnlySpan<byte> entries, uint segment, uint events, long first, long last, Span<byte> destination)
    {
        var body = destination[BlockHeader.Size..];
        var encoding = BlockEncoding.Brotli;
        if (!BrotliEncoder.TryCompress(entries, body, out var length, Quality, Window) || length >= entries.Length)
        {
            entries.CopyTo(body);
            (encoding, length) = (BlockEncoding.Plain, entries.Length);
        }
        var header = new BlockHeader
        {
            Magic = MemoryMarshal.Read<uint>(RecordingFormat.BlockMagic), StoredLength = (uint)length, RawLength = (uint)entries.Length, Events = events,
            First = first, Last = last, Encoding = encoding, Segment = segment,
        };
        MemoryMarshal.Write(destination, header);
        header.Checksum = RecordingFormat.Checksum(body[..length], RecordingFormat.Checksum(destination[..BlockHeader.ChecksumOffset]));
        MemoryMarshal.Write(destination, header);
        return BlockHeader.Size + length;
    }

    /// <summary>Whether a header may be one, before what it announces is read.</summary>
    public static bool IsPlausible(in BlockHeader header) =>
        header.Magic == MemoryMarshal.Read<uint>(RecordingFormat.BlockMagic) && header.StoredLength <= header.RawLength && header.RawLength <= RecordingFormat.LargestBlock
        && header.Encoding <= BlockEncoding.Brotli;

    /// <summary>Unpacks a block; false when it is damaged.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="block">All of it, the header included.</param>
    /// <param name="entries">At least as long as the header says.</param>
    public static bool TryRead(in BlockHeader header, ReadOnlySpan<byte> block, Span<byte> entries)
    {
        var body = block[BlockHeader.Size..];
        if (header.Checksum != RecordingFormat.Checksum(body, RecordingFormat.Checksum(block[..BlockHeader.ChecksumOffset]))) return false;
        var raw = entries[..(int)header.RawLength];
        if (header.Encoding == BlockEncoding.Plain) return body.TryCopyTo(raw) && body.Length == raw.Length;
        return BrotliDecoder.TryDecompress(body, raw, out var written) && written == raw.Length;
    }
}
