using System.Globalization;
using System.Text;

namespace Skep.Bpf;

/// <summary>Writes C declarations inside out: <c>int (*(*name)[4])(void)</c> is a name, a pointer, an array, a pointer, a function, a number.</summary>
sealed class BtfDeclarator(Btf btf, BtfDumpNames names, BtfStructWriter structs)
{
    const int MaxSteps = 256;
    const int MaxDepth = 24;

    /// <summary>Prototypes that share parameters could double in size at each level; no declaration of the kernel has more than a few hundred.</summary>
    const int MaxLength = 1 << 20;

    public string Declare(uint typeId, string name, int indent, int depth = 0)
    {
        if (depth > MaxDepth) throw new BpfFormatException($"BTF {btf.Name}: type {typeId} nests too deeply for C");
        var declarator = name;
        var qualifiers = "";
        var type = btf[typeId];
        for (var step = 0; step < MaxSteps; step++)
        {
            if (declarator.Length > MaxLength) break;
            switch (type.Kind)
            {
                case BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict:
                    var qualifier = type.Kind == BtfKind.Const ? "const " : type.Kind == BtfKind.Volatile ? "volatile " : "restrict ";
                    if (!qualifiers.Contains(qualifier, StringComparison.Ordinal)) qualifiers = qualifier + qualifiers;
                    type = btf[type.TypeId];
                    break;
                case BtfKind.TypeTag:
                    type = btf[type.TypeId];
                    break;
                case BtfKind.Pointer:
                    declarator = declarator.Length == 0 && qualifiers.Length == 0 ? "*" : $"*{(qualifiers.Length > 0 ? " " : "")}{qualifiers}{declarator}".TrimEnd();
                    qualifiers = "";
                    type = btf[type.TypeId];
                    break;
                case BtfKind.Array:
                    declarator = string.Create(CultureInfo.InvariantCulture, $"{Parenthesised(declarator)}[{type.ElementCount}]");
                    type = btf[type.ElementTypeId];
                    break;
                case BtfKind.FunctionPrototype:
                    declarator = $"{Parenthesised(declarator)}({Parameters(type, indent, depth)})";
                    qualifiers = "";
                    type = btf[type.TypeId];
                    break;
                default:
                    // restrict is for pointers alone; a typedef of one cannot be told from here.
                    qualifiers = qualifiers.Replace("restrict ", "", StringComparison.Ordinal);
                    var specifier = qualifiers + Specifier(type, indent, depth);
                    return declarator.Length == 0 ? specifier : $"{specifier} {declarator}";
            }
        }
        throw new BpfFormatException($"BTF {btf.Name}: the declaration of type {typeId} does not end");
    }

    static string Parenthesised(string declarator) => declarator.StartsWith('*') ? $"({declarator})" : declarator;

    string Parameters(BtfType type, int indent, int depth)
    {
        if (type.Count == 0) return "void";
        var text = new StringBuilder();
        for (var i = 0; i < type.Count; i++)
        {
            var parameter = type.Parameter(i);
            if (i > 0) text.Append(", ");
            if (parameter.TypeId == 0 && i == type.Count - 1 && parameter.NameOffset == 0)
            {
                // Before C23, a function needs a named parameter before the dots.
                if (i > 0) text.Append("...");
                continue;
            }
            var name = parameter.NameOffset == 0 ? "" : BtfDumpNames.Identifier(btf.NameTextAt(parameter.NameOffset));
            text.Append(Declare(parameter.TypeId, name, indent, depth + 1));
            if (text.Length > MaxLength) throw new BpfFormatException($"BTF {btf.Name}: the prototype {type.Id} is too long for C");
        }
        return text.ToString();
    }

    string Specifier(BtfType type, int indent, int depth) => type.Kind switch
    {
        BtfKind.Void => "void",
        BtfKind.Int or BtfKind.Float => names.Number(type),
        BtfKind.Typedef => names.Ordinary(type),
        BtfKind.Struct or BtfKind.Union when type.NameOffset == 0 => structs.Text(type, indent, this, depth + 1),
        BtfKind.Enum or BtfKind.Enum64 when type.NameOffset == 0 => names.HasEnumerators(type) ? EnumNumber(type) : structs.EnumText(type, indent),
        BtfKind.Struct or BtfKind.Union or BtfKind.Forward or BtfKind.Enum or BtfKind.Enum64 => names.Tag(type),
        _ => throw new BpfFormatException($"BTF {btf.Name}: {type} cannot be the type of anything in C"),
    };

    // An anonymous enumeration that two types share has been written with its values where it came first.
    static string EnumNumber(BtfType type) => (type.IsSigned ? "" : "unsigned ") + type.Size switch { 1 => "char", 2 => "short", 4 => "int", _ => "long long" };
}
