using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Skep.Engine.Recording;

/// <summary>Entries as bytes, one after the other. It grows for the entry that needs it, and is used again.</summary>
sealed class EntryBuffer(int capacity)
{
    const int LongestNumber = 10, HeaderSize = 1 + sizeof(int);

    byte[] _bytes = new byte[capacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Reset() => Length = 0;

    /// <summary>Lets go of memory that one large entry needed.</summary>
    public void Shrink()
    {
        if (_bytes.Length > capacity * 2) _bytes = new byte[capacity];
    }

    /// <summary>Begins an entry; what it returns goes to <see cref="End"/>.</summary>
    public int Begin(EntryKind kind)
    {
        var start = Length;
        Reserve(HeaderSize)[0] = (byte)kind;
        Length += HeaderSize;
        return start;
    }

    public void End(int start) => BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(start + 1), Length - start - HeaderSize);

    public void Byte(byte value)
    {
        Reserve(1)[0] = value;
        Length++;
    }

    /// <summary>Seven bits a byte, the low ones first; the eighth says that more follow.</summary>
    public void Number(ulong value)
    {
        var free = Reserve(LongestNumber);
        var count = 0;
        for (; value >= 0x80; value >>= 7) free[count++] = (byte)(value | 0x80);
        free[count++] = (byte)value;
        Length += count;
    }

    /// <summary>The sign goes to the lowest bit, so that small numbers of both signs are short.</summary>
    public void Signed(long value) => Number((ulong)(value << 1) ^ (ulong)(value >> 63));

    public void Bytes(scoped ReadOnlySpan<byte> value)
    {
        Number((ulong)value.Length);
        value.CopyTo(Reserve(value.Length));
        Length += value.Length;
    }

    public void Text(string? value)
    {
        var text = value ?? "";
        var count = Encoding.UTF8.GetByteCount(text);
        Number((ulong)count);
        Length += Encoding.UTF8.GetBytes(text, Reserve(count));
    }

    public void Pairs(IReadOnlyDictionary<string, string> pairs)
    {
        Number((ulong)pairs.Count);
        foreach (var (key, value) in pairs)
        {
            Text(key);
            Text(value);
        }
    }

    /// <summary>A struct of fixed layout, as it is.</summary>
    public void Struct<T>(in T value) where T : unmanaged
    {
        MemoryMarshal.Write(Reserve(Unsafe.SizeOf<T>()), value);
        Length += Unsafe.SizeOf<T>();
    }

    Span<byte> Reserve(int count)
    {
        if (_bytes.Length - Length < count) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
        return _bytes.AsSpan(Length);
    }
}
