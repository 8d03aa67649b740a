using System.Text.RegularExpressions;
using Shouldly;
using Skep.Tetragon.Api;
using Xunit;

namespace Skep.Tetragon.Tests.Docs;

/// <summary>The section of docs/tetragon.md about the API says what is so.</summary>
public partial class ApiPageTests
{
    static readonly string[] s_states = ["same", "better", "less", "missing"];

    [Fact]
    public void Every_call_is_there_once_with_a_test_that_exists()
    {
        var root = Root();
        var tests = Directory.EnumerateFiles(Path.Combine(root, "tests"), "*Tests.cs", SearchOption.AllDirectories).ToLookup(Path.GetFileNameWithoutExtension, File.ReadAllText);
        var rows = File.ReadLines(Path.Combine(root, "docs", "tetragon.md")).SkipWhile(line => line != "## API").Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)[1..^1]).ToList();
        foreach (var row in rows)
        {
            s_states.ShouldContain(row[1], row[0]);
            var name = row[3].Trim('`').Split('.');
            tests[name[0]].ShouldContain(text => text.Contains($" {name[1]}(", StringComparison.Ordinal), row[3]);
        }
        rows.SelectMany(row => Quoted().Matches(row[0]).Select(match => match.Groups[1].Value)).Order()
            .ShouldBe(FineGuidanceSensors.Descriptor.Methods.Concat(EventLogService.Descriptor.Methods).Select(method => method.Name).Order());
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    static string Root()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Skep.slnx"))) return directory.FullName;
        }
        throw new InvalidOperationException("the tests are not in the repository");
    }
}
