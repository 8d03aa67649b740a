using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Skep.Agent.KernelTests.Falco;

/// <summary>Reads declarative scenarios: each test once for each of its cases, with the case's values put in.</summary>
static partial class ScenarioFile
{
    static readonly string[] s_known = ["name", "rule", "description", "runIf", "runner", "context", "before", "resources", "steps", "expectedOutcome", "cases"];

    public static IEnumerable<Scenario> Read(string file)
    {
        // A plain scalar of YAML must not begin with a percent sign.
        var text = BarePlaceholder().Replace(File.ReadAllText(file), ": \"$1\"");
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        var root = (Dictionary<string, object?>)Plain(yaml.Documents[0].RootNode)!;
        foreach (var test in ((List<object?>)root["tests"]!).Cast<Dictionary<string, object?>>())
        {
            if (test.Keys.Except(s_known).FirstOrDefault() is { } unknown) throw new InvalidDataException($"{file}: {unknown}");
            foreach (var item in Cases(test.GetValueOrDefault("cases") as List<object?>))
            {
                var filled = (Dictionary<string, object?>)Fill(test.Where(p => p.Key != "cases").ToDictionary(), item)!;
                yield return new Scenario(filled, string.Join(", ", item.Where(i => i.Value is string).Select(i => $"{i.Key}: {i.Value}")), item.TryGetValue("container", out var inside) && inside is not null);
            }
        }
    }

    static IEnumerable<Dictionary<string, object?>> Cases(List<object?>? cases)
    {
        if (cases is null)
        {
            yield return [];
            yield break;
        }
        foreach (var one in cases.Cast<Dictionary<string, object?>>())
        {
            switch (one["strategy"])
            {
                case "matrix":
                    IEnumerable<Dictionary<string, object?>> rows = [[]];
                    foreach (var (name, values) in (Dictionary<string, object?>)one["values"]!)
                    {
                        rows = rows.SelectMany(row => ((List<object?>)values!).Select(value => new Dictionary<string, object?>(row) { [name] = value })).ToList();
                    }
                    foreach (var row in rows) yield return row;
                    break;
                case "vector":
                    foreach (var row in (List<object?>)one["values"]!) yield return (Dictionary<string, object?>)row!;
                    break;
                default:
                    throw new InvalidDataException($"strategy {one["strategy"]}");
            }
        }
    }

    static object? Fill(object? node, Dictionary<string, object?> item) => node switch
    {
        Dictionary<string, object?> map => map.ToDictionary(p => p.Key, p => Fill(p.Value, item)),
        List<object?> list => list.Select(i => Fill(i, item)).ToList(),
        string text when Placeholder().Match(text) is { Success: true } match && match.Length == text.Length => item[match.Groups[1].Value],
        string text => Placeholder().Replace(text, match => (string)item[match.Groups[1].Value]!),
        _ => node,
    };

    static object? Plain(YamlNode node) => node switch
    {
        YamlMappingNode map => map.Children.ToDictionary(p => ((YamlScalarNode)p.Key).Value!, p => Plain(p.Value)),
        YamlSequenceNode list => list.Children.Select(Plain).ToList(),
        YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: null or "" or "null" or "~" } => null,
        YamlScalarNode scalar => scalar.Value,
        _ => throw new InvalidDataException($"{node.NodeType}"),
    };

    [GeneratedRegex(@"%\{\s*item\.(\w+)\s*\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@":[ \t]+(%\{[^}\n]*\})[ \t]*(?=\n)")]
    private static partial Regex BarePlaceholder();
}
