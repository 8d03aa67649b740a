using System.Text;

namespace Skep.Bpf;

/// <summary>A string section under construction: every distinct string once.</summary>
sealed class BtfStringTable(uint first)
{
    byte[] _bytes = new byte[256];
    int[] _slots = new int[64]; // position + 1; 0 for a free slot
    int _length = first == 0 ? 1 : 0;
    int _count;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public uint Add(string text)
    {
        Span<byte> buffer = stackalloc byte[256];
        return Add(Encoding.UTF8.TryGetBytes(text, buffer, out var length) ? buffer[..length] : Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Offset of a string in the joint string section; it is added if it is new.</summary>
    public uint Add(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty) return 0;
        if (text.Contains((byte)0)) throw new BpfFormatException("a BTF string cannot contain NUL");
        ref var slot = ref Slot(text);
        if (slot == 0)
        {
            Grow(text.Length + 1);
            text.CopyTo(_bytes.AsSpan(_length));
            slot = _length + 1;
            _length += text.Length + 1;
            var position = slot - 1;
            if (++_count * 2 > _slots.Length) Rehash();
            return first + (uint)position;
        }
        return first + (uint)slot - 1;
    }

    ref int Slot(ReadOnlySpan<byte> text)
    {
        for (var at = Hash(text) & (_slots.Length - 1); ; at = (at + 1) & (_slots.Length - 1))
        {
            ref var slot = ref _slots[at];
            if (slot == 0) return ref slot;
            var known = _bytes.AsSpan(slot - 1, _length - slot + 1);
            if (known.Length > text.Length && known[text.Length] == 0 && known.StartsWith(text)) return ref slot;
        }
    }

    // Seeded anew in every process, so that no input is slow on purpose.
    static int Hash(ReadOnlySpan<byte> text)
    {
        var hash = new HashCode();
        hash.AddBytes(text);
        return hash.ToHashCode();
    }

    void Rehash()
    {
        var old = _slots;
        _slots = new int[old.Length * 2];
        foreach (var position in old)
        {
            if (position == 0) continue;
            var tail = _bytes.AsSpan(position - 1);
            Slot(tail[..tail.IndexOf((byte)0)]) = position;
        }
    }

    // New bytes are zero, which terminates the strings.
    void Grow(int extra)
    {
        if (_length + extra > _bytes.Length) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + extra));
    }
}
