using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Skep.Bpf;

/// <summary>
/// A parsed BTF blob: types by id and by name, read in place. Nothing is materialised: parsing records where each type starts,
/// and <see cref="BtfType"/> is a view. A split BTF (a module's, or an object's on top of the kernel's) continues the ids and strings of its base.
/// Reading anything that the blob gets wrong throws <see cref="BpfFormatException"/>. Instances may be read by several threads.
/// Format: Documentation/bpf/btf.rst.
/// </summary>
public sealed partial class Btf
{
    internal const ushort Magic = 0xeb9f;
    internal const int HeaderSize = 24;

    /// <summary>Longest name of a type, member or parameter that is read; the kernel stops at 512 (KSYM_NAME_LEN). A bound keeps many names over one huge string from costing their product.</summary>
    internal const int MaxNameLength = 4096;

    // Positions are relative to the array, so that a read is one bounds check and no Memory<T> unwrapping.
    readonly byte[] _bytes;
    readonly int _start;
    readonly int _length;
    readonly int _stringsStart;
    readonly int _stringsLength;
    readonly bool _swap;
    readonly int[] _typeOffsets;
    readonly int _typeCount;

    Btf(ArraySegment<byte> data, string name, Btf? baseBtf, bool swap, int stringsStart, int stringsLength, int[] typeOffsets, int typeCount)
    {
        _bytes = data.Array!;
        _start = data.Offset;
        _length = data.Count;
        _stringsStart = stringsStart;
        _stringsLength = stringsLength;
        _swap = swap;
        _typeOffsets = typeOffsets;
        _typeCount = typeCount;
        Name = name;
        Base = baseBtf;
        FirstId = baseBtf?.Count ?? 1;
        FirstString = baseBtf is null ? 0 : baseBtf.EndString;
    }

    /// <summary>Where it came from, for messages: <c>vmlinux</c>, a module, an object.</summary>
    public string Name { get; }

    /// <summary>The BTF that this one continues; null when it stands alone.</summary>
    public Btf? Base { get; }

    /// <summary>The first id that this blob itself defines: 1, or the base's count.</summary>
    public uint FirstId { get; }

    /// <summary>One past the highest id, the base's included.</summary>
    public uint Count => FirstId + (uint)_typeCount;

    /// <summary>Byte order of the blob.</summary>
    public ByteOrder ByteOrder => _swap == BitConverter.IsLittleEndian ? ByteOrder.Big : ByteOrder.Little;

    /// <summary>The raw blob, header included.</summary>
    public ReadOnlySpan<byte> Data => _bytes.AsSpan(_start, _length);

    /// <summary>Offset of this blob's first string in the joint string section.</summary>
    internal uint FirstString { get; }

    /// <summary>One past the last string offset.</summary>
    internal uint EndString => FirstString + (uint)_stringsLength;

    /// <summary>The type with an id; id 0 is void.</summary>
    /// <exception cref="BpfFormatException">The id is out of range.</exception>
    public BtfType this[uint id]
    {
        get
        {
            if (id == 0) return default;
            if (id < FirstId) return Base![id];
            if (id >= Count) throw new BpfFormatException($"BTF {Name}: type id {id} is out of range (1..{Count - 1})");
            return new BtfType(this, id);
        }
    }

    /// <summary>A string by its offset in the joint string section of base and split.</summary>
    /// <exception cref="BpfFormatException">The offset lies outside the string section.</exception>
    public string StringAt(uint offset) => Encoding.UTF8.GetString(Utf8At(offset));

    /// <summary>The bytes of a string, without the terminator.</summary>
    /// <exception cref="BpfFormatException">The offset lies outside the string section.</exception>
    public ReadOnlySpan<byte> Utf8At(uint offset)
    {
        var tail = StringTail(offset);
        return tail.IsEmpty ? tail : tail[..tail.IndexOf((byte)0)];
    }

    /// <summary>The bytes of a type's, member's or parameter's name.</summary>
    internal ReadOnlySpan<byte> NameAt(uint offset)
    {
        var tail = StringTail(offset);
        if (tail.IsEmpty) return tail;
        var length = tail[..Math.Min(tail.Length, MaxNameLength + 1)].IndexOf((byte)0);
        return length >= 0 ? tail[..length] : throw new BpfFormatException($"BTF {Name}: the name at string offset {offset} is longer than {MaxNameLength} bytes");
    }

    internal string NameTextAt(uint offset) => Encoding.UTF8.GetString(NameAt(offset));

    /// <summary>Whether the string at an offset is exactly this one; costs no more than its length.</summary>
    internal bool NameEquals(uint offset, ReadOnlySpan<byte> name)
    {
        var tail = StringTail(offset);
        return tail.IsEmpty ? name.IsEmpty : tail.Length > name.Length && tail[name.Length] == 0 && tail[..name.Length].SequenceEqual(name);
    }

    /// <summary>What the string section holds from an offset on; empty for the empty string of a blob without a string section.</summary>
    internal ReadOnlySpan<byte> StringTail(uint offset)
    {
        if (offset < FirstString) return Base!.StringTail(offset);
        var local = offset - FirstString;
        if (local < (uint)_stringsLength) return _bytes.AsSpan(_stringsStart + (int)local, _stringsLength - (int)local);
        if (offset == 0) return default;
        throw new BpfFormatException($"BTF {Name}: string offset {offset} is outside the string section");
    }

    internal int OffsetOf(uint id) => _typeOffsets[id - FirstId];

    internal uint ReadUInt32(int offset)
    {
        var value = MemoryMarshal.Read<uint>(_bytes.AsSpan(offset));
        return _swap ? BinaryPrimitives.ReverseEndianness(value) : value;
    }
}
