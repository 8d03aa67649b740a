using System.Buffers.Binary;
using System.Text;

namespace Skep.Bpf;

/// <summary>
/// An object's BTF as the kernel takes it: what the compiler writes for externs is no valid BTF in the kernel's eyes (kernel/bpf/btf.c), so that
/// it is made harmless. Ids and string offsets stay as they are, since the code refers to them; strings are only added.
/// </summary>
sealed class ObjectTypes
{
    const int HeadSize = BtfType.HeadSize;

    readonly ObjectSpec _spec;
    readonly Btf _btf;
    readonly byte[] _blob;
    readonly int _typesStart;
    readonly int _sourceTypes;
    readonly Dictionary<string, uint> _added = [];
    readonly List<byte> _addedBytes = [];
    readonly uint _firstAdded;
    readonly uint _integer;
    readonly uint _integerSize;

    /// <summary>Copies the types of an object and makes them acceptable.</summary>
    public ObjectTypes(ObjectSpec spec)
    {
        _spec = spec;
        _btf = spec.Btf ?? throw new BpfException($"object {spec.Name} has no BTF");
        if (_btf.Base is not null) throw new BpfException($"object {spec.Name}: its BTF continues another one, which cannot be loaded");
        var data = _btf.Data;
        var header = (int)UInt32(data, 4);
        var (typeOffset, typeLength, stringOffset, stringLength) = ((int)UInt32(data, 8), (int)UInt32(data, 12), (int)UInt32(data, 16), (int)UInt32(data, 20));
        _typesStart = Btf.HeaderSize;
        _blob = new byte[Btf.HeaderSize + typeLength + stringLength];
        data[..Btf.HeaderSize].CopyTo(_blob);
        data.Slice(header + typeOffset, typeLength).CopyTo(_blob.AsSpan(_typesStart));
        data.Slice(header + stringOffset, stringLength).CopyTo(_blob.AsSpan(_typesStart + typeLength));
        Put(_blob, 4, Btf.HeaderSize);
        Put(_blob, 8, 0);
        Put(_blob, 16, (uint)typeLength);
        _firstAdded = (uint)stringLength;
        _sourceTypes = header + typeOffset;
        (_integer, _integerSize) = FindInteger();
        for (var id = 1u; id < _btf.Count; id++) Repair(_btf[id]);
    }

    /// <summary>The offset of a string that generated code refers to; added at the end when it is new.</summary>
    public uint OffsetOf(string text)
    {
        if (text.Length == 0) return 0;
        if (_added.TryGetValue(text, out var offset)) return offset;
        offset = _firstAdded + (uint)_addedBytes.Count;
        _addedBytes.AddRange(Encoding.UTF8.GetBytes(text.Replace('\0', ' ')));
        _addedBytes.Add(0);
        _added.Add(text, offset);
        return offset;
    }

    /// <summary>The whole blob with the strings added so far.</summary>
    public byte[] ToBlob()
    {
        byte[] blob = [.. _blob, .. _addedBytes];
        Put(blob, 20, _firstAdded + (uint)_addedBytes.Count);
        return blob;
    }

    /// <summary>
    /// The blob with kinds that only newer kernels know replaced by older ones of the same size: enum64 (6.0), type tags (5.17), declaration tags
    /// (5.16), floats (5.13), global functions (5.6).
    /// </summary>
    public byte[] ToOldBlob()
    {
        var blob = ToBlob();
        foreach (var type in _btf.Types)
        {
            var at = Place(type.Id);
            switch (type.Kind)
            {
                case BtfKind.Float:
                    PutInfo(blob, at, BtfKind.Struct, 0);
                    break;
                case BtfKind.TypeTag:
                    Put(blob, at, 0);
                    PutInfo(blob, at, BtfKind.Const, 0);
                    break;
                case BtfKind.DeclarationTag:
                    PutInfo(blob, at, BtfKind.Int, 0);
                    Put(blob, at + 8, 1);
                    Put(blob, at + HeadSize, 8);
                    break;
                case BtfKind.Enum64:
                    PutInfo(blob, at, BtfKind.Union, type.Count);
                    for (var i = 0; i < type.Count; i++)
                    {
                        Put(blob, at + HeadSize + 12 * i + 4, _integer);
                        Put(blob, at + HeadSize + 12 * i + 8, 0);
                    }
                    break;
                case BtfKind.Function when type.Linkage != Linkage.Extern:
                    PutInfo(blob, at, BtfKind.Function, 0);
                    break;
            }
        }
        return blob;
    }

    void Repair(BtfType type)
    {
        var at = Place(type.Id);
        switch (type.Kind)
        {
            case BtfKind.Variable when type.Linkage == Linkage.Extern:
                Put(_blob, at + HeadSize, (uint)Linkage.Global);
                // Kernel variables may have incomplete types; only the values of Kconfig options are real bytes.
                if (!IsKconfig(type) && _integer != 0) Put(_blob, at + 8, _integer);
                break;
            case BtfKind.Function when type.Linkage == Linkage.Extern:
                // A typedef of the prototype: functions must be defined and have named arguments.
                PutInfo(_blob, at, BtfKind.Typedef, 0);
                break;
            case BtfKind.DeclarationTag when type.ComponentIndex >= 0 && _btf[type.TypeId] is { Kind: BtfKind.Function, Linkage: Linkage.Extern }:
                Put(_blob, at + HeadSize, uint.MaxValue);
                break;
            case BtfKind.DataSection:
                RepairSection(type, at);
                break;
        }
    }

    void RepairSection(BtfType section, int at)
    {
        var name = section.Name;
        if (name == ".kconfig")
        {
            LayOutKconfig(section, at);
        }
        else if (name == ".ksyms" || section.Size == 0 || HoldsExtern(section))
        {
            // A struct without name: entries and members have the same 12 bytes.
            Put(_blob, at, 0);
            PutInfo(_blob, at, BtfKind.Struct, _integer == 0 ? 0 : section.Count);
            Put(_blob, at + 8, _integerSize * (uint)section.Count);
            for (var i = 0; i < section.Count; i++)
            {
                var member = at + HeadSize + 12 * i;
                Put(_blob, member, 0);
                Put(_blob, member + 4, _integer);
                Put(_blob, member + 8, (uint)i * _integerSize * 8);
            }
        }
        else if (name.StartsWith('?'))
        {
            // Kernels before 6.9 take no '?' in names.
            var strings = _typesStart + (int)UInt32(_blob, 12);
            _blob[strings + (int)section.NameOffset] = (byte)'_';
        }
    }

    // A variable that another object defines has no place in this one's section.
    bool HoldsExtern(BtfType section)
    {
        for (var i = 0; i < section.Count; i++)
        {
            if (_btf[section.SectionVariable(i).TypeId] is { Kind: BtfKind.Variable, Linkage: Linkage.Extern }) return true;
        }
        return false;
    }

    void LayOutKconfig(BtfType section, int at)
    {
        var entries = new List<(uint Type, uint Offset, uint Size)>();
        uint end = 0;
        for (var i = 0; i < section.Count; i++)
        {
            var entry = section.SectionVariable(i);
            if (!_spec.Externs.TryGetValue(_btf[entry.TypeId].Name, out var symbol) || symbol.Kind != ExternKind.Kconfig) continue;
            entries.Add((entry.TypeId, (uint)symbol.Offset, (uint)symbol.Size));
            end = Math.Max(end, (uint)(symbol.Offset + symbol.Size));
        }
        if (entries.Count != section.Count)
        {
            // An option is declared and not used: it has no place. The section cannot shrink in place, so that it loses its meaning instead.
            Put(_blob, at, 0);
            PutInfo(_blob, at, BtfKind.Struct, section.Count);
            Put(_blob, at + 8, _integerSize * (uint)section.Count);
            for (var i = 0; i < section.Count; i++)
            {
                Put(_blob, at + HeadSize + 12 * i, 0);
                Put(_blob, at + HeadSize + 12 * i + 4, _integer);
                Put(_blob, at + HeadSize + 12 * i + 8, (uint)i * _integerSize * 8);
            }
            return;
        }
        entries.Sort((left, right) => left.Offset.CompareTo(right.Offset));
        Put(_blob, at + 8, end);
        for (var i = 0; i < entries.Count; i++)
        {
            Put(_blob, at + HeadSize + 12 * i, entries[i].Type);
            Put(_blob, at + HeadSize + 12 * i + 4, entries[i].Offset);
            Put(_blob, at + HeadSize + 12 * i + 8, entries[i].Size);
        }
    }

    /// <summary>Whether a type is still a data section after the repair, so that a map may name it as its value.</summary>
    public bool IsDataSection(uint id) => id != 0 && id < _btf.Count && ((UInt32(_blob, Place(id) + 4) >> 24) & 0x1f) == (uint)BtfKind.DataSection;

    bool IsKconfig(BtfType variable) => _spec.Externs.TryGetValue(variable.Name, out var symbol) && symbol.Kind == ExternKind.Kconfig;

    (uint Id, uint Size) FindInteger()
    {
        (uint, uint) best = (0, 0);
        foreach (var type in _btf.OfKind(BtfKind.Int))
        {
            if (type.Size == 4 && type.BitOffset == 0) return (type.Id, 4);
            if (best.Item1 == 0 && type.BitOffset == 0) best = (type.Id, type.Size);
        }
        return best;
    }

    int Place(uint id) => _btf.OffsetOf(id) - _sourceTypes + _typesStart;

    static void PutInfo(byte[] blob, int at, BtfKind kind, int count) => Put(blob, at + 4, (uint)kind << 24 | (uint)count & 0xffff);

    static void Put(byte[] blob, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(blob.AsSpan(at), value);

    static uint UInt32(ReadOnlySpan<byte> data, int at) => BinaryPrimitives.ReadUInt32LittleEndian(data[at..]);
}
