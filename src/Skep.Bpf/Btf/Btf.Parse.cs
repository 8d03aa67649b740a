using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Skep.Bpf;

public sealed partial class Btf
{
    /// <summary>
    /// Parses a blob. Only the framing is checked here (header, kinds, lengths); references and names are checked when they are followed.
    /// The blob is read in place and must not change.
    /// </summary>
    /// <param name="data">The blob, in either byte order.</param>
    /// <param name="name">Name for messages.</param>
    /// <param name="baseBtf">The BTF that this one continues.</param>
    /// <exception cref="BpfFormatException">The blob is malformed.</exception>
    public static Btf Parse(ReadOnlyMemory<byte> data, string name = "BTF", Btf? baseBtf = null)
    {
        if (!MemoryMarshal.TryGetArray(data, out var segment)) segment = data.ToArray();
        var span = segment.AsSpan();
        if (span.Length < HeaderSize) throw new BpfFormatException($"BTF {name}: {span.Length} bytes are too short for a header");
        var swap = BinaryPrimitives.ReadUInt16LittleEndian(span) switch
        {
            Magic => !BitConverter.IsLittleEndian,
            0x9feb => BitConverter.IsLittleEndian,
            var magic => throw new BpfFormatException($"BTF {name}: bad magic 0x{magic:x4}"),
        };
        if (span[2] != 1) throw new BpfFormatException($"BTF {name}: version {span[2]} is not supported, only 1 is");

        var header = new WordReader(span, swap);
        var (headerLength, typeOffset, typeLength, stringOffset, stringLength) = (header[4], header[8], header[12], header[16], header[20]);
        if (headerLength < HeaderSize || headerLength > span.Length) throw new BpfFormatException($"BTF {name}: header length {headerLength}");
        var body = (ulong)span.Length - headerLength;
        if (typeOffset % 4 != 0 || (ulong)typeOffset + typeLength > body) throw new BpfFormatException($"BTF {name}: type section lies outside the data");
        if ((ulong)stringOffset + stringLength > body) throw new BpfFormatException($"BTF {name}: string section lies outside the data");

        var stringsStart = (int)(headerLength + stringOffset);
        var strings = span.Slice(stringsStart, (int)stringLength);
        if (strings.Length > 0 && strings[^1] != 0) throw new BpfFormatException($"BTF {name}: string section is not NUL-terminated");
        if (baseBtf is null && (strings.Length == 0 || strings[0] != 0)) throw new BpfFormatException($"BTF {name}: string section must start with an empty string");
        if (baseBtf is not null && (ulong)baseBtf.EndString + stringLength > int.MaxValue) throw new BpfFormatException($"BTF {name}: string section is too long for its base");

        var offsets = IndexTypes(span, name, swap, (int)(headerLength + typeOffset), (int)typeLength, segment.Offset, out var count);
        return new Btf(segment, name, baseBtf, swap, stringsStart + segment.Offset, (int)stringLength, offsets, count);
    }

    /// <summary>The length of what follows a type's 12-byte head, or -1 for an unknown kind.</summary>
    internal static int TailLength(BtfKind kind, int count) => kind switch
    {
        BtfKind.Int or BtfKind.Variable or BtfKind.DeclarationTag => 4,
        BtfKind.Array => 12,
        BtfKind.Struct or BtfKind.Union or BtfKind.DataSection or BtfKind.Enum64 => 12 * count,
        BtfKind.Enum or BtfKind.FunctionPrototype => 8 * count,
        BtfKind.Pointer or BtfKind.Forward or BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.Function
            or BtfKind.Float or BtfKind.TypeTag => 0,
        _ => -1,
    };

    // Types have 28 bytes on average in kernels, which this guess covers; the array stays as it is.
    static int[] IndexTypes(ReadOnlySpan<byte> span, string name, bool swap, int start, int length, int shift, out int count)
    {
        var words = new WordReader(span, swap);
        var offsets = GC.AllocateUninitializedArray<int>(length / 24 + 8);
        var end = start + length;
        count = 0;
        for (var position = start; position < end; count++)
        {
            if (end - position < BtfType.HeadSize) throw new BpfFormatException($"BTF {name}: type {count} is cut off");
            if (count == offsets.Length) Array.Resize(ref offsets, offsets.Length * 2);
            offsets[count] = position + shift;
            var info = words[position + 4];
            var kind = (BtfKind)((info >> 24) & 0x1f);
            var tail = TailLength(kind, (int)(info & 0xffff));
            if (tail < 0) throw new BpfFormatException($"BTF {name}: type {count} has unknown kind {(byte)kind}");
            position += BtfType.HeadSize;
            if (end - position < tail) throw new BpfFormatException($"BTF {name}: type {count} ({kind}) is cut off");
            position += tail;
        }
        return offsets;
    }

    readonly ref struct WordReader(ReadOnlySpan<byte> span, bool swap)
    {
        readonly ReadOnlySpan<byte> _span = span;

        public uint this[int offset]
        {
            get
            {
                var value = MemoryMarshal.Read<uint>(_span[offset..]);
                return swap ? BinaryPrimitives.ReverseEndianness(value) : value;
            }
        }
    }
}
