namespace Skep.Bpf;

public sealed partial class BtfBuilder
{
    /// <summary>The kind of a type of this builder.</summary>
    public BtfKind KindOf(uint id) => (BtfKind)((Record(id)[1] >> 24) & 0x1f);

    /// <summary>Renames a type.</summary>
    public void SetName(uint id, string name)
    {
        var offset = AddString(name);
        Record(id)[0] = offset;
    }

    /// <summary>Sets the size of an Int, Float, Enum, Enum64, Struct, Union or DataSection.</summary>
    public void SetSize(uint id, uint size)
    {
        var record = Record(id);
        if (BtfShape.Of(record[1]).HeadIsType || KindOf(id) is BtfKind.Array or BtfKind.Forward) throw WrongKind(id, "has no size");
        record[2] = size;
    }

    /// <summary>Sets what a Pointer, Typedef, qualifier, Function, FunctionPrototype (its return type), Variable or tag refers to.</summary>
    public void SetTypeId(uint id, uint typeId)
    {
        var record = Record(id);
        if (!BtfShape.Of(record[1]).HeadIsType) throw WrongKind(id, "refers to no type");
        record[2] = typeId;
    }

    /// <summary>Sets the linkage of a Function or Variable.</summary>
    public void SetLinkage(uint id, Linkage linkage)
    {
        var record = Record(id);
        switch (KindOf(id))
        {
            case BtfKind.Function:
                record[1] = BtfShape.Info(BtfKind.Function, (int)linkage);
                break;
            case BtfKind.Variable:
                record[BtfShape.HeadWords] = (uint)linkage;
                break;
            default:
                throw WrongKind(id, "has no linkage");
        }
    }

    /// <summary>Replaces a member of a struct or union.</summary>
    public void SetMember(uint id, int index, BtfMember member)
    {
        var entry = Entry(id, index, KindOf(id) is BtfKind.Struct or BtfKind.Union);
        var hasBitfields = Record(id)[1] >> 31 != 0;
        if (member.BitfieldSize != 0 && !hasBitfields) throw WrongKind(id, "has no bitfields");
        WriteMember(entry, member, hasBitfields);
    }

    /// <summary>Replaces a parameter of a function prototype.</summary>
    public void SetParameter(uint id, int index, BtfParameter parameter)
    {
        var entry = Entry(id, index, KindOf(id) == BtfKind.FunctionPrototype);
        (entry[0], entry[1]) = (parameter.NameOffset, parameter.TypeId);
    }

    /// <summary>Replaces a variable of a data section.</summary>
    public void SetSectionVariable(uint id, int index, BtfSectionVariable variable)
    {
        var entry = Entry(id, index, KindOf(id) == BtfKind.DataSection);
        (entry[0], entry[1], entry[2]) = (variable.TypeId, variable.Offset, variable.Size);
    }

    /// <summary>Replaces all variables of a data section; the kernel wants them in ascending order of offset.</summary>
    public void SetSectionVariables(uint id, params ReadOnlySpan<BtfSectionVariable> variables)
    {
        if (KindOf(id) != BtfKind.DataSection) throw WrongKind(id, "is no data section");
        if (variables.Length > ushort.MaxValue) throw new BpfFormatException($"a data section cannot have {variables.Length} variables, only 65535");
        var old = Record(id);
        var (name, size) = (old[0], old[2]);
        var record = Replace(id, BtfShape.HeadWords + variables.Length * 3);
        (record[0], record[1], record[2]) = (name, BtfShape.Info(BtfKind.DataSection, variables.Length), size);
        Words(variables).CopyTo(record[BtfShape.HeadWords..]);
    }

    // A record that changes its length moves to the end of the buffer; serialising follows the ids.
    Span<uint> Replace(uint id, int words)
    {
        _starts[(int)(id - FirstId)] = _length;
        return Allocate(words);
    }

    internal Span<uint> Record(uint id)
    {
        if (id < FirstId || id >= Count) throw new BpfFormatException($"BTF under construction: type id {id} is out of range ({FirstId}..{Count - 1})");
        var start = _starts[(int)(id - FirstId)];
        return _words.AsSpan(start, BtfShape.WordsOf(_words[start + 1]));
    }

    Span<uint> Entry(uint id, int index, bool isRightKind)
    {
        var record = Record(id);
        var shape = BtfShape.Of(record[1]);
        if (!isRightKind || (uint)index >= (uint)shape.Count) throw WrongKind(id, $"has no such entry {index}");
        return record.Slice(BtfShape.HeadWords + index * shape.Stride, shape.Stride);
    }

    BpfFormatException WrongKind(uint id, string reason) => new($"BTF under construction: type {id} ({KindOf(id)}) {reason}");
}
