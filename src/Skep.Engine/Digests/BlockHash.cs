using System.Buffers.Binary;

namespace Skep.Engine.Digests;

/// <summary>
/// What the Secure Hash Standard's functions have in common (FIPS 180-4): blocks, and a padding that ends with the length. The framework's own need
/// OpenSSL, which a host need not have; these compare files with a policy and guard no secrets.
/// </summary>
abstract class BlockHash(int blockSize, int lengthSize)
{
    readonly byte[] _block = new byte[blockSize];
    int _filled;
    ulong _length;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _length += (ulong)bytes.Length;
        while (!bytes.IsEmpty)
        {
            var count = Math.Min(bytes.Length, blockSize - _filled);
            bytes[..count].CopyTo(_block.AsSpan(_filled));
            _filled += count;
            bytes = bytes[count..];
            if (_filled == blockSize) Flush();
        }
    }

    public byte[] Finish()
    {
        var bits = _length * 8;
        _block[_filled++] = 0x80;
        if (_filled > blockSize - lengthSize)
        {
            _block.AsSpan(_filled).Clear();
            Flush();
        }
        _block.AsSpan(_filled).Clear();
        BinaryPrimitives.WriteUInt64BigEndian(_block.AsSpan(blockSize - 8), bits);
        Flush();
        return Result();
    }

    protected abstract void Mix(ReadOnlySpan<byte> block);

    protected abstract byte[] Result();

    void Flush()
    {
        Mix(_block);
        _filled = 0;
    }
}
