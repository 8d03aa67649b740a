namespace Skep.Bpf;

/// <summary>A view of one type of a <see cref="Bpf.Btf"/>; <c>default</c> is void. Reading members, parameters and values allocates nothing.</summary>
public readonly struct BtfType
{
    internal const int HeadSize = 12;

    readonly Btf? _btf;
    readonly int _offset;
    readonly uint _info;

    internal BtfType(Btf btf, uint id)
    {
        _btf = btf;
        Id = id;
        _offset = btf.OffsetOf(id);
        _info = btf.ReadUInt32(_offset + 4);
    }

    /// <summary>The BTF that defines this type. Throws for void, which belongs to none.</summary>
    public Btf Btf => _btf ?? throw new InvalidOperationException("void belongs to no BTF");

    /// <summary>The type's id; 0 is void.</summary>
    public uint Id { get; }

    /// <summary>The kind.</summary>
    public BtfKind Kind => (BtfKind)((_info >> 24) & 0x1f);

    /// <summary>Number of members, values, parameters or section variables.</summary>
    public int Count => (int)(_info & 0xffff);

    /// <summary>The kind flag: bitfields in a struct, signed values in an enum, a union for a forward declaration, an attribute for a tag.</summary>
    public bool KindFlag => _info >> 31 != 0;

    /// <summary>Offset of the name in the string section; 0 for an anonymous type.</summary>
    public uint NameOffset => _btf is null ? 0 : _btf.ReadUInt32(_offset);

    /// <summary>The name, or an empty string.</summary>
    public string Name => _btf is null ? "void" : _btf.NameTextAt(NameOffset);

    /// <summary>The name's bytes.</summary>
    public ReadOnlySpan<byte> Utf8Name => _btf is null ? "void"u8 : _btf.NameAt(NameOffset);

    /// <summary>Size in bytes, for kinds that have one themselves: Int, Float, Enum, Enum64, Struct, Union, DataSection.</summary>
    public uint Size => SizeOrType;

    /// <summary>The type referred to, for kinds that refer: Pointer, Typedef, qualifiers, Function, FunctionPrototype (its return type), Variable, tags; for Array, see <see cref="ElementTypeId"/>.</summary>
    public uint TypeId => SizeOrType;

    /// <summary>Linkage of a Function (in the count bits) or a Variable.</summary>
    public Linkage Linkage => Kind == BtfKind.Variable ? (Linkage)Tail(0) : (Linkage)Count;

    /// <summary>Element type of an array.</summary>
    public uint ElementTypeId => Tail(0);

    /// <summary>Index type of an array.</summary>
    public uint IndexTypeId => Tail(4);

    /// <summary>Number of elements of an array.</summary>
    public uint ElementCount => Tail(8);

    /// <summary>Whether an Int is signed.</summary>
    public bool IsSigned => Kind == BtfKind.Int ? ((Tail(0) >> 24) & 1) != 0 : KindFlag;

    /// <summary>Whether an Int is a char (rarely set by compilers).</summary>
    public bool IsChar => ((Tail(0) >> 24) & 2) != 0;

    /// <summary>Whether an Int is a bool.</summary>
    public bool IsBool => ((Tail(0) >> 24) & 4) != 0;

    /// <summary>Width of an Int in bits.</summary>
    public int Bits => (int)(Tail(0) & 0xff);

    /// <summary>Bit offset of an Int in its storage (only old compilers set it).</summary>
    public int BitOffset => (int)((Tail(0) >> 16) & 0xff);

    /// <summary>Index of the member or parameter that a DeclarationTag is on; -1 for the whole declaration.</summary>
    public int ComponentIndex => (int)Tail(0);

    /// <summary>Whether this is a qualifier, typedef or type tag: a name or attribute over another type.</summary>
    public bool IsModifierOrTypedef => Kind is BtfKind.Typedef or BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag;

    /// <summary>Whether this is a struct or union.</summary>
    public bool IsComposite => Kind is BtfKind.Struct or BtfKind.Union;

    /// <summary>Whether this is an enumeration of either width.</summary>
    public bool IsEnum => Kind is BtfKind.Enum or BtfKind.Enum64;

    /// <summary>A member of a struct or union.</summary>
    public BtfMember Member(int index)
    {
        var at = TailOffset(index, 12);
        var offset = _btf!.ReadUInt32(at + 8);
        return KindFlag
            ? new BtfMember(_btf.ReadUInt32(at), _btf.ReadUInt32(at + 4), offset & 0xffffff, (byte)(offset >> 24))
            : new BtfMember(_btf.ReadUInt32(at), _btf.ReadUInt32(at + 4), offset, 0);
    }

    /// <summary>A parameter of a function prototype.</summary>
    public BtfParameter Parameter(int index)
    {
        var at = TailOffset(index, 8);
        return new BtfParameter(_btf!.ReadUInt32(at), _btf.ReadUInt32(at + 4));
    }

    /// <summary>A value of an enumeration, 32 or 64 bits wide.</summary>
    public BtfEnumerator Enumerator(int index)
    {
        if (Kind == BtfKind.Enum64)
        {
            var wide = TailOffset(index, 12);
            return new BtfEnumerator(_btf!.ReadUInt32(wide), (long)(_btf.ReadUInt32(wide + 4) | ((ulong)_btf.ReadUInt32(wide + 8) << 32)));
        }
        var at = TailOffset(index, 8);
        var value = _btf!.ReadUInt32(at + 4);
        return new BtfEnumerator(_btf.ReadUInt32(at), KindFlag ? (int)value : value);
    }

    /// <summary>A variable of a data section.</summary>
    public BtfSectionVariable SectionVariable(int index)
    {
        var at = TailOffset(index, 12);
        return new BtfSectionVariable(_btf!.ReadUInt32(at), _btf.ReadUInt32(at + 4), _btf.ReadUInt32(at + 8));
    }

    /// <inheritdoc/>
    public override string ToString() => $"[{Id}] {Kind} {Name}";

    /// <summary>Length of the record in 32-bit words.</summary>
    internal int WordCount => BtfShape.WordsOf(_info);

    /// <summary>Copies the record in host byte order.</summary>
    internal void CopyWords(Span<uint> words)
    {
        for (var i = 0; i < words.Length; i++) words[i] = _btf!.ReadUInt32(_offset + i * 4);
    }

    uint SizeOrType => _btf is null ? 0 : _btf.ReadUInt32(_offset + 8);

    uint Tail(int offset)
    {
        if (_btf is null || offset >= Btf.TailLength(Kind, Count)) throw WrongKind();
        return _btf.ReadUInt32(_offset + HeadSize + offset);
    }

    int TailOffset(int index, int size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        if ((index + 1) * size > Btf.TailLength(Kind, Count)) throw WrongKind();
        return _offset + HeadSize + index * size;
    }

    BpfFormatException WrongKind() => new($"BTF {_btf?.Name}: {this} is of the wrong kind for what is asked of it");
}
