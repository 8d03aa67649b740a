using System.Globalization;
using System.Text.RegularExpressions;

namespace Skep.Bpf.Tests;

/// <summary>Reads the notation of <see cref="BtfListing"/> back, so that vectors and tests can write types down as text.</summary>
static partial class BtfText
{
    public static Btf Parse(string text, Btf? baseBtf = null) => Build(text, baseBtf).Build("text");

    public static BtfBuilder Build(string text, Btf? baseBtf = null)
    {
        var builder = new BtfBuilder(baseBtf);
        var records = new List<List<string>>();
        foreach (var line in text.Split('\n'))
        {
            if (line.TrimStart().StartsWith('[')) records.Add([line.Trim()]);
            else if (line.Trim().Length > 0) records[^1].Add(line.Trim());
        }
        foreach (var record in records) Add(builder, record);
        return builder;
    }

    public static string List(Btf btf)
    {
        var writer = new StringWriter();
        BtfListing.Write(btf, writer);
        return writer.ToString();
    }

    static void Add(BtfBuilder builder, List<string> record)
    {
        var head = record[0];
        var kind = head.Split(' ')[1];
        var name = NameOf(head);
        uint Number(string key) => (uint)Value(head, key);
        BtfMember[] Members() => [.. record.Skip(1).Select(line => builder.Member(NameOf(line), (uint)Value(line, "type_id"), (uint)Value(line, "bits_offset"), (byte)Value(line, "bitfield_size")))];
        BtfEnumerator[] Values() => [.. record.Skip(1).Select(line => builder.Enumerator(NameOf(line), Value(line, "val")))];
        var isSigned = head.Contains("encoding=SIGNED", StringComparison.Ordinal);
        _ = kind switch
        {
            "INT" => builder.AddInt(name, Number("size"), isSigned, head.Contains("BOOL", StringComparison.Ordinal), head.Contains("CHAR", StringComparison.Ordinal)),
            "PTR" => builder.AddPointer(Number("type_id")),
            "ARRAY" => builder.AddArray(Number("type_id"), Number("index_type_id"), Number("nr_elems")),
            "STRUCT" => builder.AddStruct(name, Number("size"), Members()),
            "UNION" => builder.AddUnion(name, Number("size"), Members()),
            "ENUM" => builder.AddEnum(name, isSigned, Values()),
            "ENUM64" => builder.AddEnum64(name, isSigned, Values()),
            "FWD" => builder.AddForward(name, head.Contains("fwd_kind=union", StringComparison.Ordinal)),
            "TYPEDEF" => builder.AddTypedef(name, Number("type_id")),
            "CONST" => builder.AddConst(Number("type_id")),
            "VOLATILE" => builder.AddVolatile(Number("type_id")),
            "RESTRICT" => builder.AddRestrict(Number("type_id")),
            "TYPE_TAG" => builder.AddTypeTag(name, Number("type_id")),
            "DECL_TAG" => builder.AddDeclarationTag(name, Number("type_id"), (int)Value(head, "component_idx")),
            "FLOAT" => builder.AddFloat(name, Number("size")),
            "FUNC_PROTO" => builder.AddFunctionPrototype(Number("ret_type_id"), [.. record.Skip(1).Select(line => builder.Parameter(NameOf(line), (uint)Value(line, "type_id")))]),
            "FUNC" => builder.AddFunction(name, Number("type_id"), LinkageOf(head)),
            "VAR" => builder.AddVariable(name, Number("type_id"), LinkageOf(head)),
            "DATASEC" => builder.AddDataSection(name, Number("size"), [.. record.Skip(1).Select(line => new BtfSectionVariable((uint)Value(line, "type_id"), (uint)Value(line, "offset"), (uint)Value(line, "size")))]),
            _ => throw new FormatException(head),
        };
    }

    static string NameOf(string line) => Name().Match(line).Groups[1].Value is var name && name == "(anon)" ? "" : name;

    static Linkage LinkageOf(string line) => Enum.Parse<Linkage>(line[(line.LastIndexOf('=') + 1)..], ignoreCase: true);

    static long Value(string line, string key)
    {
        var match = Regex.Match(line, $@"\b{key}=(-?\d+)");
        if (!match.Success) return 0;
        var text = match.Groups[1].Value;
        return text.StartsWith('-') ? long.Parse(text, CultureInfo.InvariantCulture) : unchecked((long)ulong.Parse(text, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex("'(.*?)'")]
    private static partial Regex Name();
}
