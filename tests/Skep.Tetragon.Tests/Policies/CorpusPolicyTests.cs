using System.Text.RegularExpressions;
using Shouldly;
using Skep.Engine.Rules;
using Skep.Tetragon.Policies;
using Xunit;

namespace Skep.Tetragon.Tests.Policies;

/// <summary>Tetragon's published policies, where SKEP_CORPUS names a copy of them.</summary>
public partial class CorpusPolicyTests
{
    public static IEnumerable<object[]> Files
    {
        get
        {
            var corpus = Environment.GetEnvironmentVariable("SKEP_CORPUS");
            var folder = corpus is null ? null : Path.Combine(corpus, "tetragon", "examples");
            if (folder is null || !Directory.Exists(folder)) return [];
            return Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Where(f => f.EndsWith(".yaml", StringComparison.Ordinal) || f.EndsWith(".yml", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal).Select(f => new object[] { Path.GetRelativePath(folder, f) });
        }
    }

    [Fact]
    public void Published_policies_are_accepted()
    {
        foreach (var row in Files)
        {
            var name = (string)row[0];
            var path = Path.Combine(Environment.GetEnvironmentVariable("SKEP_CORPUS")!, "tetragon", "examples", name);
            // Some are templates.
            var text = Placeholder().Replace(File.ReadAllText(path), "10.0.0.0/8");

            var file = TracingPolicyFile.Parse(text, name, PolicyVectors.Machine);

            file.Diagnostics.Where(d => d.Severity == Severity.Error).ShouldBeEmpty();
            file.Diagnostics.Where(d => d.Severity == Severity.Unsupported).ShouldBeEmpty(name);
            file.Policies.ShouldNotBeEmpty(name);
            file.Policies.ShouldAllBe(p => p.Hooks.Count > 0 || p.ReportsMappings, name);
        }
    }

    [GeneratedRegex(@"\$\{\w+\}")]
    private static partial Regex Placeholder();
}
