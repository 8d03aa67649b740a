namespace Skep.Falco.Tests;

/// <summary>Falco's published rules and tables, where SKEP_CORPUS names a copy of them.</summary>
static class Corpus
{
    static readonly string? s_folder = Environment.GetEnvironmentVariable("SKEP_CORPUS") is { } corpus && Directory.Exists(Path.Combine(corpus, "falco")) ? Path.Combine(corpus, "falco") : null;

    public static bool IsThere => s_folder is not null;

    public static string PathOf(string name) => Path.Combine(s_folder!, name);

    public static FalcoSource Source(string name) => new(name, File.ReadAllText(PathOf(name)));

    /// <summary>The cells of a table; quotes may hold commas and doubled quotes.</summary>
    public static List<Dictionary<string, string>> Rows(string name)
    {
        var lines = File.ReadAllLines(PathOf(name));
        var header = Cells(lines[0]);
        return [.. lines.Skip(1).Select(l => Cells(l).Select((cell, i) => (header[i], cell)).ToDictionary(c => c.Item1, c => c.cell))];
    }

    static List<string> Cells(string line)
    {
        var cells = new List<string>();
        var cell = new System.Text.StringBuilder();
        var quoted = false;
        foreach (var c in line)
        {
            if (c == '"') quoted = !quoted;
            else if (c == ',' && !quoted)
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else cell.Append(c);
        }
        cells.Add(cell.ToString());
        return cells;
    }
}
