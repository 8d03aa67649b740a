using System.Globalization;

namespace Skep.Bpf;

/// <summary>Lists types one record after the other, in the notation of <c>bpftool btf dump format raw</c>.</summary>
public static class BtfListing
{
    /// <summary>Writes all types that a BTF itself defines.</summary>
    /// <exception cref="BpfFormatException">The BTF is malformed.</exception>
    public static void Write(Btf btf, TextWriter writer)
    {
        foreach (var type in btf.Types) Write(type, writer);
    }

    /// <summary>Writes one type: a line, and an indented line for each member, value, parameter or variable.</summary>
    /// <exception cref="BpfFormatException">The BTF is malformed.</exception>
    public static void Write(BtfType type, TextWriter writer)
    {
        writer.Write(string.Create(CultureInfo.InvariantCulture, $"[{type.Id}] {Keyword(type.Kind)} '{Shown(type.Name)}'"));
        writer.Write(string.Create(CultureInfo.InvariantCulture, $"{Attributes(type)}\n"));
        for (var i = 0; i < type.Count; i++)
        {
            if (Entry(type, i) is not { } entry) break;
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"\t{entry}\n"));
        }
    }

    static FormattableString Attributes(BtfType type) => type.Kind switch
    {
        BtfKind.Int => $" size={type.Size} bits_offset={type.BitOffset} nr_bits={type.Bits} encoding={Encoding(type)}",
        BtfKind.Array => $" type_id={type.ElementTypeId} index_type_id={type.IndexTypeId} nr_elems={type.ElementCount}",
        BtfKind.Struct or BtfKind.Union => $" size={type.Size} vlen={type.Count}",
        BtfKind.Enum or BtfKind.Enum64 => $" encoding={(type.IsSigned ? "SIGNED" : "UNSIGNED")} size={type.Size} vlen={type.Count}",
        BtfKind.Forward => $" fwd_kind={(type.KindFlag ? "union" : "struct")}",
        BtfKind.Function => $" type_id={type.TypeId} linkage={Name(type.Linkage)}",
        BtfKind.FunctionPrototype => $" ret_type_id={type.TypeId} vlen={type.Count}",
        BtfKind.Variable => $" type_id={type.TypeId}, linkage={Name(type.Linkage)}",
        BtfKind.DataSection => $" size={type.Size} vlen={type.Count}",
        BtfKind.Float => $" size={type.Size}",
        BtfKind.DeclarationTag => $" type_id={type.TypeId} component_idx={type.ComponentIndex}",
        _ => $" type_id={type.TypeId}",
    };

    static FormattableString? Entry(BtfType type, int index)
    {
        var btf = type.Btf;
        switch (type.Kind)
        {
            case BtfKind.Struct or BtfKind.Union:
                var member = type.Member(index);
                var width = member.BitfieldSize == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" bitfield_size={member.BitfieldSize}");
                return $"'{Shown(btf.NameTextAt(member.NameOffset))}' type_id={member.TypeId} bits_offset={member.BitOffset}{width}";
            case BtfKind.Enum or BtfKind.Enum64:
                var value = type.Enumerator(index);
                var suffix = type.Kind == BtfKind.Enum ? "" : type.IsSigned ? "LL" : "ULL";
                if (type.IsSigned) return $"'{Shown(btf.NameTextAt(value.NameOffset))}' val={value.Value}{suffix}";
                return $"'{Shown(btf.NameTextAt(value.NameOffset))}' val={(ulong)value.Value}{suffix}";
            case BtfKind.FunctionPrototype:
                var parameter = type.Parameter(index);
                return $"'{Shown(btf.NameTextAt(parameter.NameOffset))}' type_id={parameter.TypeId}";
            case BtfKind.DataSection:
                var variable = type.SectionVariable(index);
                var target = btf[variable.TypeId];
                return $"type_id={variable.TypeId} offset={variable.Offset} size={variable.Size} ({Keyword(target.Kind)} '{Shown(target.Name)}')";
            default:
                return null;
        }
    }

    static string Encoding(BtfType type) => type.IsSigned ? "SIGNED" : type.IsChar ? "CHAR" : type.IsBool ? "BOOL" : "(none)";

    static string Shown(string name) => name.Length == 0 ? "(anon)" : name;

    static string Name(Linkage linkage) => linkage switch
    {
        Linkage.Static => "static",
        Linkage.Global => "global",
        Linkage.Extern => "extern",
        _ => "(unknown)",
    };

    internal static string Keyword(BtfKind kind) => kind switch
    {
        BtfKind.Pointer => "PTR",
        BtfKind.Forward => "FWD",
        BtfKind.Function => "FUNC",
        BtfKind.FunctionPrototype => "FUNC_PROTO",
        BtfKind.Variable => "VAR",
        BtfKind.DataSection => "DATASEC",
        BtfKind.DeclarationTag => "DECL_TAG",
        BtfKind.TypeTag => "TYPE_TAG",
        _ => kind.ToString().ToUpperInvariant(),
    };
}
