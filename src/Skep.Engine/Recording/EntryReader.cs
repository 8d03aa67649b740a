using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Skep.Engine.Recording;

/// <summary>Reads what <see cref="EntryBuffer"/> wrote. The bytes are not trusted: past their end, or where a number makes no sense, everything is empty and <see cref="HasFailed"/>.</summary>
ref struct EntryReader(ReadOnlySpan<byte> bytes)
{
    ReadOnlySpan<byte> _rest = bytes;

    public bool HasFailed { get; private set; }

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public byte Byte() => TryTake(1, out var taken) ? taken[0] : (byte)0;

    public ulong Number()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var one = Byte();
            value |= (ulong)(one & 0x7f) << shift;
            if ((one & 0x80) == 0) return value;
        }
        HasFailed = true;
        return 0;
    }

    public long Signed()
    {
        var value = Number();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A number of things that follow, each of which takes a byte at least.</summary>
    public int Count()
    {
        var count = Number();
        if (count <= (ulong)_rest.Length) return (int)count;
        HasFailed = true;
        return 0;
    }

    public ReadOnlySpan<byte> Bytes() => TryTake(Count(), out var taken) ? taken : default;

    public string Text() => Encoding.UTF8.GetString(Bytes());

    public Dictionary<string, string> Pairs()
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var left = Count(); left > 0 && !HasFailed; left--)
        {
            var key = Text();
            pairs[key] = Text();
        }
        return pairs;
    }

    public T Struct<T>() where T : unmanaged => TryTake(Unsafe.SizeOf<T>(), out var taken) ? MemoryMarshal.Read<T>(taken) : default;

    bool TryTake(int count, out ReadOnlySpan<byte> taken)
    {
        if (HasFailed || count > _rest.Length)
        {
            HasFailed = true;
            taken = default;
            return false;
        }
        taken = _rest[..count];
        _rest = _rest[count..];
        return true;
    }
}
