using System.Runtime.InteropServices;
using System.Text;

namespace Skep.Bpf.Interop;

/// <summary>A netlink request being written: header, fixed part, attributes (include/uapi/linux/netlink.h); everything is aligned to four bytes.</summary>
sealed class NetlinkMessage
{
    public const ushort NestedFlag = 1 << 15;
    const int HeaderSize = 16;

    byte[] _buffer = new byte[256];
    int _length = HeaderSize;

    public NetlinkMessage(ushort type, NetlinkFlags flags)
    {
        MemoryMarshal.Write(_buffer.AsSpan(4), in type);
        var bits = (ushort)(flags | NetlinkFlags.Request);
        MemoryMarshal.Write(_buffer.AsSpan(6), in bits);
    }

    /// <summary>Appends the fixed part or any plain struct.</summary>
    public NetlinkMessage Append<T>(T value) where T : unmanaged
    {
        MemoryMarshal.Write(Extend(Marshal.SizeOf<T>()), in value);
        return this;
    }

    public NetlinkMessage Attribute(ushort type, ReadOnlySpan<byte> value)
    {
        var span = Extend(4 + value.Length);
        var length = (ushort)(4 + value.Length);
        MemoryMarshal.Write(span, in length);
        MemoryMarshal.Write(span[2..], in type);
        value.CopyTo(span[4..]);
        return this;
    }

    public NetlinkMessage Attribute(ushort type, uint value) => Attribute(type, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in value)));

    public NetlinkMessage Attribute(ushort type, int value) => Attribute(type, unchecked((uint)value));

    public NetlinkMessage Attribute(ushort type, ushort value) => Attribute(type, MemoryMarshal.AsBytes(new ReadOnlySpan<ushort>(in value)));

    /// <summary>A NUL-terminated string.</summary>
    public NetlinkMessage Attribute(ushort type, string value) => Attribute(type, Encoding.UTF8.GetBytes(value + "\0"));

    /// <summary>An attribute that holds attributes.</summary>
    public NetlinkMessage Nest(ushort type, Action<NetlinkMessage> content)
    {
        var start = _length;
        Attribute(type, ReadOnlySpan<byte>.Empty);
        content(this);
        var length = (ushort)(_length - start);
        MemoryMarshal.Write(_buffer.AsSpan(start), in length);
        return this;
    }

    /// <summary>The whole message with its length and sequence number set.</summary>
    public ReadOnlySpan<byte> Finish(uint sequence)
    {
        MemoryMarshal.Write(_buffer.AsSpan(), in _length);
        MemoryMarshal.Write(_buffer.AsSpan(8), in sequence);
        return _buffer.AsSpan(0, _length);
    }

    Span<byte> Extend(int count)
    {
        var start = _length;
        _length += (count + 3) & ~3;
        if (_length > _buffer.Length) Array.Resize(ref _buffer, Math.Max(_length, _buffer.Length * 2));
        return _buffer.AsSpan(start, _length - start);
    }
}
