using Spectre.Console;

namespace Skep.Cli.Output;

/// <summary>Tables and marked text on standard output: coloured and fitted on a terminal, plain and unbroken elsewhere.</summary>
static class Terminal
{
    const int Unbroken = 4096;

    static readonly Lazy<IAnsiConsole> s_console = new(Create);

    /// <summary>Whether a person looks at standard output.</summary>
    public static bool IsInteractive => !Console.IsOutputRedirected;

    /// <summary>Whether colours are welcome (https://no-color.org).</summary>
    public static bool UsesColour => IsInteractive && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    public static void Write(Table table) => s_console.Value.Write(table);

    public static void MarkupLine(string markup) => s_console.Value.MarkupLine(markup);

    public static void WriteLine(string text = "") => Console.Out.WriteLine(text);

    /// <summary>A table without lines; columns that end in '#' are numbers and stand to the right.</summary>
    public static Table NewTable(params ReadOnlySpan<string> columns)
    {
        var table = new Table { Border = TableBorder.None, UseSafeBorder = true };
        foreach (var column in columns)
        {
            var isNumber = column.EndsWith('#');
            table.AddColumn(new TableColumn(new Text(column.TrimEnd('#').ToUpperInvariant(), new Style(decoration: Decoration.Bold)))
            {
                Alignment = isNumber ? Justify.Right : Justify.Left,
                NoWrap = isNumber,
                Padding = new Padding(0, 0, 2, 0),
            });
        }
        return table;
    }

    /// <summary>Adds cells as they are, without markup.</summary>
    public static void AddPlainRow(this Table table, params ReadOnlySpan<string> cells)
    {
        var row = new Text[cells.Length];
        for (var i = 0; i < cells.Length; i++) row[i] = new Text(cells[i]);
        table.AddRow(row);
    }

    static IAnsiConsole Create()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = UsesColour ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = UsesColour ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(Console.Out),
        });
        if (!IsInteractive) console.Profile.Width = Unbroken;
        return console;
    }
}
