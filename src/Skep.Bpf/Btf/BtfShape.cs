namespace Skep.Bpf;

/// <summary>Where the 32-bit words of a type record hold names and type ids: after the head (name, info, size or type) come <see cref="Count"/> entries.</summary>
/// <param name="HeadIsType">Whether the head's third word is a type id.</param>
/// <param name="Count">Number of entries.</param>
/// <param name="Stride">Words of an entry.</param>
/// <param name="NameAt">Word of an entry that is a name; -1 for none.</param>
/// <param name="TypeAt">Word of an entry that is a type id; -1 for none.</param>
readonly record struct BtfShape(bool HeadIsType, int Count, int Stride, int NameAt, int TypeAt)
{
    public const int HeadWords = BtfType.HeadSize / 4;

    public static BtfShape Of(uint info)
    {
        var count = (int)(info & 0xffff);
        return (BtfKind)((info >> 24) & 0x1f) switch
        {
            BtfKind.Int => new(false, 1, 1, -1, -1),
            BtfKind.Array => new(false, 2, 1, -1, 0), // element and index type; the element count follows and needs no care
            BtfKind.Struct or BtfKind.Union => new(false, count, 3, 0, 1),
            BtfKind.Enum => new(false, count, 2, 0, -1),
            BtfKind.Enum64 => new(false, count, 3, 0, -1),
            BtfKind.FunctionPrototype => new(true, count, 2, 0, 1),
            BtfKind.DataSection => new(false, count, 3, -1, 0),
            BtfKind.Variable or BtfKind.DeclarationTag => new(true, 1, 1, -1, -1),
            BtfKind.Pointer or BtfKind.Typedef or BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.Function or BtfKind.TypeTag => new(true, 0, 0, -1, -1),
            _ => new(false, 0, 0, -1, -1),
        };
    }

    /// <summary>Words of a record, from its info word.</summary>
    public static int WordsOf(uint info) => HeadWords + Btf.TailLength((BtfKind)((info >> 24) & 0x1f), (int)(info & 0xffff)) / 4;

    public static uint Info(BtfKind kind, int count = 0, bool flag = false) => (uint)kind << 24 | (uint)count | (flag ? 1u << 31 : 0);
}
