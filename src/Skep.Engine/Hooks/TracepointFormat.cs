using System.Globalization;
using System.Text.RegularExpressions;
using Skep.Bpf;

namespace Skep.Engine.Hooks;

/// <summary>The record of a tracepoint, from its format file in tracefs.</summary>
public sealed partial class TracepointFormat
{
    /// <summary>All fields in the file's order, the four common ones first.</summary>
    public required IReadOnlyList<TracepointField> Fields { get; init; }

    /// <summary>Reads a tracepoint's format; null when this kernel has no such tracepoint.</summary>
    public static TracepointFormat? Read(string category, string name)
    {
        var path = Path.Combine(TracingFileSystem.Root, "events", category, name, "format");
        try
        {
            return Parse(File.ReadAllText(path));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Parses a format file.</summary>
    public static TracepointFormat Parse(string text)
    {
        var fields = new List<TracepointField>();
        foreach (Match match in FieldLine().Matches(text))
        {
            var declaration = match.Groups["declaration"].Value;
            var bracket = declaration.IndexOf('[', StringComparison.Ordinal);
            // "char comm[16]" and "__data_loc char[] filename" both carry brackets; only the first ones belong to the name.
            var array = bracket > 0 && declaration.EndsWith(']') ? declaration[bracket..] : "";
            var head = declaration[..(declaration.Length - array.Length)];
            var space = head.LastIndexOf(' ');
            fields.Add(new TracepointField(
                head[(space + 1)..], head[..Math.Max(space, 0)].Trim() + array,
                int.Parse(match.Groups["offset"].Value, CultureInfo.InvariantCulture),
                int.Parse(match.Groups["size"].Value, CultureInfo.InvariantCulture),
                match.Groups["signed"].Value == "1"));
        }
        return new TracepointFormat { Fields = fields };
    }

    [GeneratedRegex(@"field:(?<declaration>[^;]+);\s*offset:(?<offset>\d+);\s*size:(?<size>\d+);(\s*signed:(?<signed>\d);)?")]
    private static partial Regex FieldLine();
}
