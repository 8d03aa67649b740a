using System.Text;

namespace Skep.Bpf;

public sealed partial class BtfBuilder
{
    /// <summary>
    /// Rewrites types that an older kernel would refuse into ones that it accepts, of the same size and under the same ids. What is lost is
    /// only described less exactly: a data section becomes a struct, a variable or declaration tag a one-byte integer, a float an empty struct
    /// of its size, a type tag a const, a 64-bit enumeration a union, a function without kernel support a typedef of an enumeration.
    /// </summary>
    /// <param name="supported">What the kernel understands.</param>
    public void Sanitise(BtfFeatures supported)
    {
        uint placeholder = 0;
        for (var id = FirstId; id < Count; id++)
        {
            var record = Record(id);
            var count = (int)(record[1] & 0xffff);
            switch (KindOf(id))
            {
                case BtfKind.Variable when !supported.HasFlag(BtfFeatures.DataSections):
                case BtfKind.DeclarationTag when !supported.HasFlag(BtfFeatures.DeclarationTags):
                    // One byte, because the variable may be that small and the kernel checks that it lies within its section.
                    (record[1], record[2], record[3]) = (BtfShape.Info(BtfKind.Int), 1, 8);
                    // An integer needs a name; a tag's value need not be an identifier.
                    if (NameText(record[0]) is var name && !IsIdentifier(name)) SetName(id, "tag");
                    break;
                case BtfKind.DataSection when !supported.HasFlag(BtfFeatures.DataSections):
                    SectionToStruct(id, count);
                    break;
                case BtfKind.DataSection when !supported.HasFlag(BtfFeatures.OptionalSectionNames) && NameText(record[0]) is ['?', ..] optional:
                    SetName(id, "_" + optional[1..]);
                    break;
                case BtfKind.FunctionPrototype when !supported.HasFlag(BtfFeatures.Functions):
                    // Names are kept, types become values: an enumeration may have any. The kernel demands unique names only of members.
                    (record[1], record[2]) = (BtfShape.Info(BtfKind.Enum, count), 4);
                    NameParameters(id, count);
                    break;
                case BtfKind.Function when !supported.HasFlag(BtfFeatures.Functions):
                    record[1] = BtfShape.Info(BtfKind.Typedef);
                    break;
                case BtfKind.Function when !supported.HasFlag(BtfFeatures.FunctionLinkage):
                    record[1] = BtfShape.Info(BtfKind.Function);
                    break;
                case BtfKind.Float when !supported.HasFlag(BtfFeatures.Floats):
                    (record[0], record[1]) = (0, BtfShape.Info(BtfKind.Struct));
                    break;
                case BtfKind.TypeTag when !supported.HasFlag(BtfFeatures.TypeTags):
                    (record[0], record[1]) = (0, BtfShape.Info(BtfKind.Const));
                    break;
                case BtfKind.TypeTag or BtfKind.DeclarationTag when !supported.HasFlag(BtfFeatures.AttributeTags):
                    record[1] &= 0x7fffffff;
                    break;
                case BtfKind.Enum when !supported.HasFlag(BtfFeatures.Enum64):
                    record[1] &= 0x7fffffff;
                    break;
                case BtfKind.Enum64 when !supported.HasFlag(BtfFeatures.Enum64):
                    if (placeholder == 0) placeholder = AddInt("enum64_placeholder", 1);
                    record = Record(id);
                    record[1] = BtfShape.Info(BtfKind.Union, count);
                    for (var i = 0; i < count; i++) (record[3 + i * 3 + 1], record[3 + i * 3 + 2]) = (placeholder, 0);
                    break;
            }
        }
    }

    void SectionToStruct(uint id, int count)
    {
        var record = Record(id);
        var name = NameText(record[0]).Replace('.', '_').Replace('?', '_');
        for (var i = 0; i < count; i++)
        {
            var entry = record.Slice(BtfShape.HeadWords + i * 3, 3);
            var (variable, offset) = (entry[0], entry[1]);
            (entry[0], entry[1], entry[2]) = (NameOffsetOf(variable), variable, offset * 8);
        }
        record[1] = BtfShape.Info(BtfKind.Struct, count);
        SetName(id, name);
    }

    void NameParameters(uint id, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var name = NameText(Entry(id, i, true)[0]);
            if (name.Length > 0) continue;
            var offset = AddString($"parameter{i}");
            Entry(id, i, true)[0] = offset;
        }
    }

    uint NameOffsetOf(uint id) => id >= FirstId ? Record(id)[0] : Base is not null && id != 0 ? Base[id].NameOffset : 0;

    string NameText(uint offset)
    {
        if (offset < FirstString) return Base!.NameTextAt(offset);
        var tail = _strings.Bytes[(int)(offset - FirstString)..];
        return Encoding.UTF8.GetString(tail[..tail.IndexOf((byte)0)]);
    }

    static bool IsIdentifier(string name) => name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
