using System.Text.RegularExpressions;
using Shouldly;
using Skep.Engine.Rules;
using Skep.Tetragon.Policies.Model;
using Skep.Tetragon.Tests.Policies;
using Xunit;

namespace Skep.Tetragon.Tests.Docs;

/// <summary>docs/tetragon.md says what is so.</summary>
public partial class TetragonPageTests
{
    static readonly string[] _states = ["same", "better", "less", "missing"];

    /// <summary>Policies that need what the page calls missing.</summary>
    static readonly Dictionary<string, string> _missing = new()
    {
        ["action.argRegs"] = Overriding("argRegs: [rax=1]"),
        ["action.argNewSymbol"] = Overriding("argNewSymbol: c"),
        ["action.argNewAddr"] = Overriding("argNewAddr: 1"),
        ["action.argNewOffset"] = Overriding("argNewOffset: 1"),
    };

    sealed record Row(string Heading, IReadOnlyList<string> Names, string State, string Note, string Test);

    static string Overriding(string how) => $"uprobes: [{{path: /a, symbols: [b], selectors: [{{matchActions: [{{action: Override, {how}}}]}}]}}]";

    [Fact]
    public void Every_row_has_a_state_and_a_test_that_exists_or_a_reason()
    {
        var tests = Directory.EnumerateFiles(Path.Combine(Root(), "tests"), "*Tests.cs", SearchOption.AllDirectories).ToLookup(Path.GetFileNameWithoutExtension, File.ReadAllText);
        Rows().Count.ShouldBeGreaterThan(60);
        foreach (var row in Rows())
        {
            var what = string.Join(", ", row.Names);
            _states.ShouldContain(row.State, what);
            if (row.State == "missing")
            {
                row.Note.ShouldNotBeEmpty(what);
                continue;
            }
            var name = row.Test.Trim('`').Split('.');
            name.Length.ShouldBe(2, what);
            tests[name[0]].ShouldContain(text => text.Contains($" {name[1]}(", StringComparison.Ordinal), row.Test);
        }
        Rows().SelectMany(r => r.Names.Select(n => (r.Heading, n))).ShouldBeUnique();
    }

    [Fact]
    public void What_is_missing_is_refused_by_the_reader()
    {
        var missing = Rows().Where(r => r.State == "missing").SelectMany(r => r.Names).ToList();
        missing.ShouldBe(_missing.Keys, ignoreOrder: true);
        foreach (var policy in _missing.Values) PolicyVectors.Parse(OnePolicy.Around(policy)).Diagnostics.ShouldContain(d => d.Severity == Severity.Unsupported || d.Severity == Severity.Error, policy);
    }

    [Fact]
    public void Every_field_of_the_schema_is_there_and_no_other()
    {
        if (Schema.Root is not { } root) return;
        var fields = Rows().Where(r => r.Heading.StartsWith("Fields", StringComparison.Ordinal)).SelectMany(r => r.Names).Except(["matchCmdArgs", "matchCel"]);
        fields.ShouldBe(Schema.Fields(root).Select(f => Short(f.Path)).Distinct(), ignoreOrder: true);
    }

    [Fact]
    public void Every_word_of_the_schema_is_there_and_no_other()
    {
        if (Schema.Root is not { } root) return;
        Named("Actions").ShouldBe(Words(root, "action.action"), ignoreOrder: true);
        Named("Operators").ShouldBe(Schema.Fields(root).Where(f => f.Path.EndsWith(".operator", StringComparison.Ordinal)).SelectMany(f => Schema.WordsOf(f.Type)).Distinct(), ignoreOrder: true);
        Named("Types of arguments").ShouldBe(Words(root, "argument.type"), ignoreOrder: true);
    }

    [Fact]
    public void Every_word_of_the_reader_is_there()
    {
        Named("Actions").ShouldBe(Vocabulary.Actions, ignoreOrder: true);
        Named("Types of arguments").ShouldBe(Vocabulary.Types, ignoreOrder: true);
        string[] own = ["Regex", "NotRegex", "Glob", "NotGlob"];
        // The schema spells one of the operators otherwise than the others; both are read.
        Named("Operators").Concat(own).Append("NotSPortPriv").ShouldBe(Vocabulary.Operators.Concat(Vocabulary.InOrNot).Concat(Vocabulary.LabelOperators).Distinct(), ignoreOrder: true);
    }

    static IEnumerable<string> Words(System.Text.Json.JsonElement root, string field) => Schema.Fields(root).Where(f => Short(f.Path) == field).SelectMany(f => Schema.WordsOf(f.Type)).Distinct();

    static IEnumerable<string> Named(string heading) => Rows().Where(r => r.Heading == heading).SelectMany(r => r.Names);

    /// <summary>The page's name of a field: what stands in several places is named once.</summary>
    static string Short(string path)
    {
        const string Sections = "(kprobes|fentries|tracepoints|uprobes|usdts|lsmhooks)";
        path = Regex.Replace(path, $@"^spec\.{Sections}\[\]\.selectors\[\]|^spec\.selectorsMacros\{{\}}", "selector");
        path = Regex.Replace(path, $@"^spec\.{Sections}\[\]\.(args\[\]|data\[\]|returnArg)(?=\.)", "argument");
        path = Regex.Replace(path, @"^selector\.(matchArgs|matchData|matchReturnArgs)\[\]", "match");
        path = Regex.Replace(path, @"^selector\.(matchActions|matchReturnActions)\[\]", "action");
        path = Regex.Replace(path, @"^(spec|selector\.matchWorkloads)\.(pod|container|host|node)Selector\.", "labels.");
        path = Regex.Replace(path, @"^spec\.fentries\[\]", "kprobes[]");
        return Regex.Replace(path, @"^spec\.", "");
    }

    static List<Row> Rows()
    {
        var rows = new List<Row>();
        var heading = "";
        foreach (var line in File.ReadLines(Path.Combine(Root(), "docs", "tetragon.md")))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal)) heading = line[3..];
            // The last section is of another table.
            if (heading.Length == 0 || heading == "API" || !line.StartsWith("| `", StringComparison.Ordinal)) continue;
            var cells = line.Split('|', StringSplitOptions.TrimEntries)[1..^1];
            rows.Add(new(heading, [.. Quoted().Matches(cells[0]).Select(m => m.Groups[1].Value)], cells[1], cells[2], cells[3]));
        }
        return rows;
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    static string Root()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Skep.slnx"))) return directory.FullName;
        }
        throw new DirectoryNotFoundException("no Skep.slnx above the test binary");
    }
}
