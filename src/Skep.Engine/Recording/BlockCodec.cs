using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Skep.Engine.Recording;

/// <summary>Packs blocks. Deflate at its fastest: what it costs and saves is in <c>docs/performance.md</c>.</summary>
static class BlockCodec
{
    /// <summary>Largest number of bytes that a block of this length takes with its header.</summary>
    public static int Bound(int length) => BlockHeader.Size + length + length / 4 + 64;

    /// <summary>Writes a block; the number of bytes that it takes.</summary>
    public static int Write(ReadOnlySpan<byte> entries, uint segment, uint events, long first, long last, byte[] block)
    {
        var destination = block.AsSpan();
        var body = destination[BlockHeader.Size..];
        var (encoding, length) = (BlockEncoding.Deflate, Pack(entries, block));
        if (length >= entries.Length)
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
        && header.Encoding <= BlockEncoding.Deflate;

    /// <summary>Unpacks a block; false when it is damaged.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="block">All of it, the header included.</param>
    /// <param name="entries">At least as long as the header says.</param>
    public static bool TryRead(in BlockHeader header, byte[] block, byte[] entries)
    {
        var body = block.AsSpan(BlockHeader.Size, (int)header.StoredLength);
        if (header.Checksum != RecordingFormat.Checksum(body, RecordingFormat.Checksum(block.AsSpan(0, BlockHeader.ChecksumOffset)))) return false;
        var raw = entries.AsSpan(0, (int)header.RawLength);
        return header.Encoding switch
        {
            BlockEncoding.Plain => body.Length == raw.Length && body.TryCopyTo(raw),
            BlockEncoding.Brotli => BrotliDecoder.TryDecompress(body, raw, out var written) && written == raw.Length,
            _ => Unpack(block, body.Length, raw),
        };
    }

    static int Pack(ReadOnlySpan<byte> entries, byte[] block)
    {
        using var output = new MemoryStream(block, BlockHeader.Size, block.Length - BlockHeader.Size);
        using (var deflate = new DeflateStream(output, CompressionLevel.Fastest, leaveOpen: true)) deflate.Write(entries);
        return (int)output.Position;
    }

    static bool Unpack(byte[] block, int length, Span<byte> raw)
    {
        try
        {
            using var deflate = new DeflateStream(new MemoryStream(block, BlockHeader.Size, length), CompressionMode.Decompress);
            return deflate.ReadAtLeast(raw, raw.Length, throwOnEndOfStream: false) == raw.Length && deflate.ReadByte() < 0;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}
