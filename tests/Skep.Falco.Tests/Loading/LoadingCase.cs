using System.Globalization;
using Skep.Falco.Loading;

namespace Skep.Falco.Tests.Loading;

/// <summary>A case of <c>vectors/loading.txt</c>.</summary>
sealed record LoadingCase(string Name, IReadOnlyList<string> Expected, IReadOnlyList<FalcoSource> Files)
{
    public static IReadOnlyList<LoadingCase> All { get; } = [.. Vectors.Text("loading.txt").Split("\n=== ").Skip(1).Select(Parse)];

    public static LoadingCase Of(string name) => All.Single(c => c.Name == name);

    static LoadingCase Parse(string text)
    {
        var lines = text.Split('\n');
        var expected = lines.Skip(1).Where(l => l.StartsWith("> ", StringComparison.Ordinal)).Select(l => l[2..]).ToList();
        var body = string.Join('\n', lines.Skip(1).Where(l => !l.StartsWith("> ", StringComparison.Ordinal)).Select(Rule));
        var files = body.Split("~~~\n").Select((file, i) => new FalcoSource($"file{i + 1}.yaml", file)).ToList();
        return new(lines[0], expected, files);
    }

    public static string Rule(string line)
    {
        if (!line.StartsWith("@rule ", StringComparison.Ordinal)) return line;
        var colon = line.IndexOf(": ", StringComparison.Ordinal);
        return $"- rule: {line[6..colon]}\n  desc: d\n  output: o\n  priority: INFO\n  condition: >\n    {line[(colon + 2)..]}";
    }

    public IReadOnlyList<string> Run()
    {
        var rules = FalcoRules.Load(Files, new() { AppendSuggestedOutput = false });
        var lines = new List<string>();
        foreach (var result in rules.Results)
        {
            foreach (var issue in result.Errors.Concat(result.Warnings))
            {
                var file = Files.Count > 1 ? issue.Diagnostic.File.Replace(".yaml", ":", StringComparison.Ordinal) : "";
                lines.Add(string.Create(CultureInfo.InvariantCulture, $"{FalcoCodes.NameOf(issue.Code)} {file}{issue.Diagnostic.Line}:{issue.Diagnostic.Column} {issue.Message}"));
            }
        }
        if (rules.HasErrors) return lines;
        if (rules.Rules.Count > 1) lines.Add($"rules {string.Join(", ", rules.Rules.Select(r => r.Name))}");
        foreach (var rule in rules.Rules)
        {
            lines.Add($"condition {rule.Condition}");
            if (rule.Output.Text != "o") lines.Add($"output {rule.Output.Text}");
            if (!rule.Enabled) lines.Add("disabled");
            if (rule.Tags.Count > 0) lines.Add($"tags {string.Join(", ", rule.Tags)}");
            if (rule.Priority != FalcoPriority.Informational) lines.Add($"priority {rule.Priority}");
            if (rule.Action is { } action) lines.Add($"action {action.Kind} {action.Signal}");
            if (rule.Window is { } window) lines.Add($"window {window.Count} in {window.Within} by {string.Join(", ", window.By)}");
        }
        return lines.Count == 0 ? ["ok"] : lines;
    }
}
