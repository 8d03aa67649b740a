using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>
/// Builds BTF: adds types, copies them from other BTF, edits and serialises them. A type may refer to one that is added later;
/// the ids are given out in order, the next one is <see cref="Count"/>.
/// </summary>
/// <example><code>
/// var btf = new BtfBuilder();
/// var u32 = btf.AddInt("unsigned int", 4);
/// var point = btf.AddStruct("point", 8, btf.Member("x", u32, 0), btf.Member("y", u32, 32));
/// byte[] blob = btf.Serialise();
/// </code></example>
public sealed partial class BtfBuilder
{
    readonly BtfStringTable _strings;
    readonly List<int> _starts = [];
    uint[] _words = new uint[256];
    int _length;

    /// <summary>Starts an empty BTF, on its own or as a continuation of another.</summary>
    public BtfBuilder(Btf? baseBtf = null)
    {
        Base = baseBtf;
        FirstId = baseBtf?.Count ?? 1;
        FirstString = baseBtf?.EndString ?? 0;
        _strings = new BtfStringTable(FirstString);
    }

    /// <summary>The BTF that this one continues, or null.</summary>
    public Btf? Base { get; }

    /// <summary>The first id given out: 1, or the base's count.</summary>
    public uint FirstId { get; }

    /// <summary>One past the highest id: the id of the next type added.</summary>
    public uint Count => FirstId + (uint)_starts.Count;

    uint FirstString { get; }

    /// <summary>Offset of a string in the string section; it is added if it is new.</summary>
    public uint AddString(string text) => _strings.Add(text);

    /// <summary>A member for <see cref="AddStruct"/> or <see cref="AddUnion"/>, with its name added to the strings.</summary>
    public BtfMember Member(string name, uint typeId, uint bitOffset, byte bitfieldSize = 0) => new(AddString(name), typeId, bitOffset, bitfieldSize);

    /// <summary>A value for <see cref="AddEnum"/> or <see cref="AddEnum64"/>, with its name added to the strings.</summary>
    public BtfEnumerator Enumerator(string name, long value) => new(AddString(name), value);

    /// <summary>A parameter for <see cref="AddFunctionPrototype"/>, with its name added to the strings; an unnamed one of type 0 stands for "…".</summary>
    public BtfParameter Parameter(string name, uint typeId) => new(AddString(name), typeId);

    /// <summary>Adds an integer of 1 to 16 bytes.</summary>
    public uint AddInt(string name, uint size, bool isSigned = false, bool isBool = false, bool isChar = false)
    {
        var encoding = (isSigned ? 1u : 0) | (isChar ? 2u : 0) | (isBool ? 4u : 0);
        return Append(name, BtfKind.Int, size, [encoding << 24 | size * 8]);
    }

    /// <summary>Adds a floating-point number of 2, 4, 8, 12 or 16 bytes.</summary>
    public uint AddFloat(string name, uint size) => Append(name, BtfKind.Float, size);

    /// <summary>Adds a pointer; to 0 for <c>void*</c>.</summary>
    public uint AddPointer(uint typeId) => Append("", BtfKind.Pointer, typeId);

    /// <summary>Adds an array.</summary>
    public uint AddArray(uint elementTypeId, uint indexTypeId, uint elementCount) => Append("", BtfKind.Array, 0, [elementTypeId, indexTypeId, elementCount]);

    /// <summary>Adds a struct; members in ascending order of offset.</summary>
    public uint AddStruct(string name, uint size, params ReadOnlySpan<BtfMember> members) => AppendComposite(BtfKind.Struct, name, size, members);

    /// <summary>Adds a union.</summary>
    public uint AddUnion(string name, uint size, params ReadOnlySpan<BtfMember> members) => AppendComposite(BtfKind.Union, name, size, members);

    /// <summary>Adds an enumeration of values that have 32 bits.</summary>
    public uint AddEnum(string name, bool isSigned, params ReadOnlySpan<BtfEnumerator> values)
    {
        var tail = new uint[values.Length * 2];
        for (var i = 0; i < values.Length; i++) (tail[i * 2], tail[i * 2 + 1]) = (values[i].NameOffset, unchecked((uint)values[i].Value));
        return Append(name, BtfKind.Enum, 4, tail, values.Length, isSigned);
    }

    /// <summary>Adds an enumeration of values that have 64 bits. Kernels know it from Linux 6.0.</summary>
    public uint AddEnum64(string name, bool isSigned, params ReadOnlySpan<BtfEnumerator> values)
    {
        var tail = new uint[values.Length * 3];
        for (var i = 0; i < values.Length; i++)
            (tail[i * 3], tail[i * 3 + 1], tail[i * 3 + 2]) = (values[i].NameOffset, unchecked((uint)values[i].Value), unchecked((uint)(values[i].Value >> 32)));
        return Append(name, BtfKind.Enum64, 8, tail, values.Length, isSigned);
    }

    /// <summary>Adds a declaration without members.</summary>
    public uint AddForward(string name, bool isUnion = false) => Append(name, BtfKind.Forward, 0, flag: isUnion);

    /// <summary>Adds a typedef.</summary>
    public uint AddTypedef(string name, uint typeId) => Append(name, BtfKind.Typedef, typeId);

    /// <summary>Adds the qualifier const.</summary>
    public uint AddConst(uint typeId) => Append("", BtfKind.Const, typeId);

    /// <summary>Adds the qualifier volatile.</summary>
    public uint AddVolatile(uint typeId) => Append("", BtfKind.Volatile, typeId);

    /// <summary>Adds the qualifier restrict.</summary>
    public uint AddRestrict(uint typeId) => Append("", BtfKind.Restrict, typeId);

    /// <summary>Adds an attribute of a type. Kernels know it from Linux 5.17.</summary>
    public uint AddTypeTag(string value, uint typeId) => Append(value, BtfKind.TypeTag, typeId);

    /// <summary>Adds an attribute of a declaration, or of one of its members or parameters. Kernels know it from Linux 5.16.</summary>
    /// <param name="value">The attribute.</param>
    /// <param name="typeId">The struct, union, typedef, function or variable.</param>
    /// <param name="component">Index of the member or parameter; -1 for the whole.</param>
    public uint AddDeclarationTag(string value, uint typeId, int component = -1) => Append(value, BtfKind.DeclarationTag, typeId, [unchecked((uint)component)]);

    /// <summary>Adds a function prototype.</summary>
    public uint AddFunctionPrototype(uint returnTypeId, params ReadOnlySpan<BtfParameter> parameters)
    {
        var tail = new uint[parameters.Length * 2];
        for (var i = 0; i < parameters.Length; i++) (tail[i * 2], tail[i * 2 + 1]) = (parameters[i].NameOffset, parameters[i].TypeId);
        return Append("", BtfKind.FunctionPrototype, returnTypeId, tail, parameters.Length);
    }

    /// <summary>Adds a function.</summary>
    public uint AddFunction(string name, uint prototypeId, Linkage linkage) => Append(name, BtfKind.Function, prototypeId, count: (int)linkage);

    /// <summary>Adds a global variable.</summary>
    public uint AddVariable(string name, uint typeId, Linkage linkage) => Append(name, BtfKind.Variable, typeId, [(uint)linkage]);

    /// <summary>Adds a data section; variables in ascending order of offset.</summary>
    public uint AddDataSection(string name, uint size, params ReadOnlySpan<BtfSectionVariable> variables) =>
        Append(name, BtfKind.DataSection, size, Words(variables), variables.Length);

    /// <summary>The blob.</summary>
    public byte[] Serialise() => Serialise(BitConverter.IsLittleEndian ? ByteOrder.Little : ByteOrder.Big);

    /// <summary>The blob in a byte order.</summary>
    public byte[] Serialise(ByteOrder order)
    {
        var typeLength = 0;
        foreach (var start in _starts) typeLength += BtfShape.WordsOf(_words[start + 1]) * 4;
        var strings = _strings.Bytes;
        var blob = new byte[Btf.HeaderSize + typeLength + strings.Length];

        var words = new uint[(Btf.HeaderSize + typeLength) / 4];
        (words[1], words[3], words[4], words[5]) = (Btf.HeaderSize, (uint)typeLength, (uint)typeLength, (uint)strings.Length);
        var at = Btf.HeaderSize / 4;
        foreach (var start in _starts)
        {
            var count = BtfShape.WordsOf(_words[start + 1]);
            _words.AsSpan(start, count).CopyTo(words.AsSpan(at));
            at += count;
        }
        if (order == ByteOrder.Big == BitConverter.IsLittleEndian) BinaryPrimitives.ReverseEndianness(words, words);
        MemoryMarshal.AsBytes(words.AsSpan()).CopyTo(blob);

        if (order == ByteOrder.Big) BinaryPrimitives.WriteUInt16BigEndian(blob, Btf.Magic);
        else BinaryPrimitives.WriteUInt16LittleEndian(blob, Btf.Magic);
        blob[2] = 1;
        strings.CopyTo(blob.AsSpan(Btf.HeaderSize + typeLength));
        return blob;
    }

    /// <summary>The types as readable BTF, in host byte order.</summary>
    /// <param name="name">Name for messages.</param>
    public Btf Build(string name = "BTF") => Btf.Parse(Serialise(), name, Base);

    uint AppendComposite(BtfKind kind, string name, uint size, ReadOnlySpan<BtfMember> members)
    {
        var hasBitfields = false;
        foreach (var member in members) hasBitfields |= member.BitfieldSize != 0;
        var tail = new uint[members.Length * 3];
        for (var i = 0; i < members.Length; i++) WriteMember(tail.AsSpan(i * 3), members[i], hasBitfields);
        return Append(name, kind, size, tail, members.Length, hasBitfields);
    }

    static void WriteMember(Span<uint> words, BtfMember member, bool hasBitfields)
    {
        if (hasBitfields && member.BitOffset > 0xffffff) throw new BpfFormatException($"a struct with bitfields cannot have a member at bit {member.BitOffset}");
        (words[0], words[1], words[2]) = (member.NameOffset, member.TypeId, member.BitOffset | (uint)member.BitfieldSize << 24);
    }

    static uint[] Words(ReadOnlySpan<BtfSectionVariable> variables)
    {
        var tail = new uint[variables.Length * 3];
        for (var i = 0; i < variables.Length; i++) (tail[i * 3], tail[i * 3 + 1], tail[i * 3 + 2]) = (variables[i].TypeId, variables[i].Offset, variables[i].Size);
        return tail;
    }

    uint Append(string name, BtfKind kind, uint sizeOrType, ReadOnlySpan<uint> tail = default, int count = 0, bool flag = false)
    {
        if (count > ushort.MaxValue) throw new BpfFormatException($"BTF type {kind} '{name}' has {count} entries, more than the 65535 that fit");
        var id = Count;
        var record = AppendRecord(BtfShape.HeadWords + tail.Length);
        (record[0], record[1], record[2]) = (AddString(name), BtfShape.Info(kind, count, flag), sizeOrType);
        tail.CopyTo(record[BtfShape.HeadWords..]);
        return id;
    }

    Span<uint> AppendRecord(int words)
    {
        _starts.Add(_length);
        return Allocate(words);
    }

    Span<uint> Allocate(int words)
    {
        if (_length + words > _words.Length) Array.Resize(ref _words, Math.Max(_words.Length * 2, _length + words));
        _length += words;
        return _words.AsSpan(_length - words, words);
    }
}
