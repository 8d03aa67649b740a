using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Skep.Engine.Recording;

/// <summary>The numbers of the format (<c>docs/recorder.md</c>).</summary>
static class RecordingFormat
{
    public const ushort Version = 1;

    /// <summary>Raw bytes from which on a block is complete.</summary>
    public const int BlockSize = 128 * 1024;

    /// <summary>A reader does not believe larger ones: a record has 64 KB at most, and a process not many more.</summary>
    public const int LargestBlock = 32 * 1024 * 1024;

    public const int LargestHeader = 1 << 20;

    /// <summary>Ancestors of a process that are recorded.</summary>
    public const int LongestLine = 256;

    public const string Extension = ".skep";

    /// <summary>What a segment begins with, also in the middle of a saved file.</summary>
    public static ReadOnlySpan<byte> SegmentMagic => "skeprec\n"u8;

    /// <summary>What a block begins with.</summary>
    public static ReadOnlySpan<byte> BlockMagic => "blk\n"u8;

    /// <summary>CRC-32C (Castagnoli) of RFC 3720, as iSCSI and ext4 use it.</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes, uint seed = 0)
    {
        var crc = ~seed;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes)) crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        foreach (var one in bytes[(bytes.Length & ~7)..]) crc = BitOperations.Crc32C(crc, one);
        return ~crc;
    }
}
