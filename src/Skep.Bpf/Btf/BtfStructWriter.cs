using System.Globalization;
using System.Text;

namespace Skep.Bpf;

/// <summary>Writes the bodies of structs, unions and enumerations, with the padding and attributes that give them their layout.</summary>
sealed class BtfStructWriter(Btf btf, BtfDumpNames names)
{
    /// <summary>Longest text of one definition: anonymous members of a hostile BTF could double at each level.</summary>
    const int MaxLength = 4 << 20;

    const ulong LargeHole = 512 * 8;

    readonly BtfAlignment _alignment = new(btf);

    public string Text(BtfType type, int indent, BtfDeclarator declarator, int depth = 0)
    {
        var body = new Body(indent + 1);
        var isUnion = type.Kind == BtfKind.Union;
        var isPacked = _alignment.IsPacked(type);
        ulong position = 0; // where the compiler is, in bits
        for (var i = 0; i < type.Count; i++)
        {
            var member = type.Member(i);
            var (offset, width) = Placement(member);
            var size = width > 0 ? (ulong)width : btf.SizeOf(member.TypeId) * 8;
            if (isUnion)
            {
                position = Math.Max(position, size);
            }
            else
            {
                var natural = width > 0 ? NaturalBit(position, width, member.TypeId, isPacked) : Align(position, isPacked ? 8 : (ulong)_alignment.Of(member.TypeId) * 8);
                if (natural != offset && offset > position) body.Pad(position, offset);
                position = offset + size;
            }
            var name = member.NameOffset == 0 ? "" : BtfDumpNames.Identifier(btf.NameTextAt(member.NameOffset));
            body.Line(declarator.Declare(member.TypeId, width > 0 ? string.Create(CultureInfo.InvariantCulture, $"{name}: {width}") : name, indent + 1, depth));
            if (body.Length > MaxLength) throw new BpfFormatException($"BTF {btf.Name}: the definition of {type} is too long for C");
        }

        var attribute = isPacked ? " __attribute__((packed))" : "";
        var alignment = isPacked ? 1u : _alignment.Of(type.Id);
        var end = (ulong)type.Size * 8;
        if (Align(Align(position, 8), alignment * 8) < end)
        {
            if (isUnion || EndsOpen(type)) attribute += Aligned(body, position, end, alignment, isUnion);
            else body.Pad(position, end);
        }
        return $"{(type.NameOffset == 0 ? isUnion ? "union" : "struct" : names.Tag(type))} {{\n{body}{Tabs(indent)}}}{attribute}";
    }

    public string EnumText(BtfType type, int indent)
    {
        var text = new StringBuilder("enum");
        if (type.NameOffset != 0) text.Clear().Append(names.Tag(type));
        if (type.Count == 0) return type.NameOffset != 0 ? text.ToString() : "unsigned int";
        text.Append(" {\n");
        var values = names.Enumerators(type);
        for (var i = 0; i < values.Length; i++)
            text.Append(CultureInfo.InvariantCulture, $"{Tabs(indent + 1)}{values[i]} = {Value(type, type.Enumerator(i).Value)},\n");
        text.Append(Tabs(indent)).Append('}');
        text.Append(type.Size switch
        {
            1 => " __attribute__((mode(QI)))",
            2 => " __attribute__((mode(HI)))",
            8 => " __attribute__((mode(DI)))",
            _ => "",
        });
        return text.ToString();
    }

    static string Value(BtfType type, long value)
    {
        if (!type.IsSigned) return string.Create(CultureInfo.InvariantCulture, $"{(ulong)value}{(type.Kind == BtfKind.Enum64 ? "ULL" : value > int.MaxValue ? "U" : "")}");
        if (value == long.MinValue) return "-9223372036854775807LL - 1";
        return string.Create(CultureInfo.InvariantCulture, $"{value}{(type.Kind == BtfKind.Enum64 ? "LL" : "")}");
    }

    // Compilers from before the kind flag described a bitfield by an integer of odd width.
    (ulong Offset, int Width) Placement(BtfMember member)
    {
        if (member.BitfieldSize > 0) return (member.BitOffset, member.BitfieldSize);
        var type = btf.Resolve(member.TypeId);
        return type.Kind == BtfKind.Int && (type.BitOffset != 0 || (uint)type.Bits != type.Size * 8) && type.Bits > 0
            ? (member.BitOffset + (ulong)type.BitOffset, type.Bits)
            : (member.BitOffset, 0);
    }

    // A bitfield goes to the next bit, unless it would straddle a unit of its declared type.
    ulong NaturalBit(ulong position, int width, uint typeId, bool isPacked)
    {
        var unit = Math.Max(btf.SizeOf(typeId), 1) * 8;
        return isPacked || position / unit == (position + (ulong)width - 1) / unit ? position : Align(position, unit);
    }

    bool EndsOpen(BtfType type)
    {
        if (type.Count == 0) return false;
        var last = btf.Resolve(type.Member(type.Count - 1).TypeId);
        return last.Kind == BtfKind.Array && last.ElementCount == 0;
    }

    // What cannot be padded by a member is padded by alignment; a union that even this does not fill gets a member of its size.
    static string Aligned(Body body, ulong position, ulong end, ulong alignment, bool isUnion)
    {
        for (var candidate = alignment * 2; candidate <= 1 << 20; candidate *= 2)
        {
            if (Align(position, candidate * 8) == end) return string.Create(CultureInfo.InvariantCulture, $" __attribute__((aligned({candidate})))");
        }
        if (isUnion) body.Line(string.Create(CultureInfo.InvariantCulture, $"char __padding[{end / 8}]"));
        return "";
    }

    static ulong Align(ulong position, ulong bits) => (position + bits - 1) / bits * bits;

    static string Tabs(int count) => new('\t', count);

    sealed class Body(int indent)
    {
        readonly StringBuilder _text = new();
        int _paddings;

        public int Length => _text.Length;

        public void Line(string declaration) => _text.Append('\t', indent).Append(declaration).Append(";\n");

        // Unnamed bitfields leave no trace in the BTF of what is compiled from this.
        public void Pad(ulong position, ulong end)
        {
            if (end - position > LargeHole)
            {
                if (position % 8 != 0) Line(string.Create(CultureInfo.InvariantCulture, $"char: {8 - position % 8}"));
                position = Align(position, 8);
                Line(string.Create(CultureInfo.InvariantCulture, $"char __padding{_paddings++}[{(end - position) / 8}]"));
                return;
            }
            while (position < end)
            {
                var (type, bits) = Unit(position, end - position);
                Line(string.Create(CultureInfo.InvariantCulture, $"{type}: {bits}"));
                position += bits;
            }
        }

        static (string Type, ulong Bits) Unit(ulong position, ulong room)
        {
            if (position % 64 == 0 && room >= 64) return ("long long", 64);
            if (position % 32 == 0 && room >= 32) return ("int", 32);
            if (position % 16 == 0 && room >= 16) return ("short", 16);
            return ("char", Math.Min(room, 8 - position % 8));
        }

        public override string ToString() => _text.ToString();
    }
}
