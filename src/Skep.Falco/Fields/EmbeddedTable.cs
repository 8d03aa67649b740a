namespace Skep.Falco.Fields;

/// <summary>The tables that come with the assembly.</summary>
static class EmbeddedTable
{
    public static IEnumerable<string> Lines(string name)
    {
        using var stream = typeof(EmbeddedTable).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException(name);
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#') yield return line;
        }
    }

    public static FieldType TypeOf(string word) => word switch
    {
        "text" => FieldType.Text,
        "bytes" => FieldType.Bytes,
        "bool" => FieldType.Bool,
        "i16" => FieldType.Int16,
        "i32" => FieldType.Int32,
        "i64" => FieldType.Int64,
        "u8" => FieldType.UInt8,
        "u16" => FieldType.UInt16,
        "u32" => FieldType.UInt32,
        "u64" => FieldType.UInt64,
        "duration" => FieldType.Duration,
        "time" => FieldType.Time,
        "port" => FieldType.Port,
        "double" => FieldType.Double,
        "ip" => FieldType.Address,
        "net" => FieldType.Network,
        "any" => FieldType.Any,
        _ => throw new FormatException(word),
    };
}
