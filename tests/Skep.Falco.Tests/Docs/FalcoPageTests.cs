using Shouldly;
using Xunit;

namespace Skep.Falco.Tests.Docs;

/// <summary>docs/falco.md says what is so.</summary>
public class FalcoPageTests
{
    static readonly string[] s_states = ["same", "better", "less", "missing"];

    [Fact]
    public void Every_row_has_a_state_and_a_test_that_exists_or_a_reason()
    {
        var tests = typeof(FalcoPageTests).Assembly.GetTypes().SelectMany(t => t.GetMethods().Select(m => $"{t.Name}.{m.Name}")).ToHashSet();
        var rows = File.ReadLines(Path.Combine(Root(), "docs", "falco.md")).Where(l => l.StartsWith("| ", StringComparison.Ordinal))
            .Select(l => l.Split('|', StringSplitOptions.TrimEntries)[1..^1]).Where(c => c.Length == 4 && c[0] != "what").ToList();

        rows.Count.ShouldBeGreaterThan(35);
        foreach (var cells in rows)
        {
            s_states.ShouldContain(cells[1], cells[0]);
            if (cells[1] == "missing") cells[2].ShouldNotBeEmpty(cells[0]);
            else tests.ShouldContain(cells[3].Trim('`'));
        }
    }

    static string Root()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Skep.slnx"))) return directory.FullName;
        }
        throw new DirectoryNotFoundException("no Skep.slnx above the test binary");
    }
}
