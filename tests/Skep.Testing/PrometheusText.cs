using System.Globalization;
using System.Text;

namespace Skep.Testing;

/// <summary>
/// Reads the text format of Prometheus, version 0.0.4, and accepts nothing else: every family has HELP and TYPE before its samples, families and series come once, names and labels are
/// as the format wants them. What is wrong is told with its line.
/// </summary>
public sealed class PrometheusText
{
    readonly Dictionary<string, PrometheusFamily> _families = new(StringComparer.Ordinal);

    PrometheusText()
    {
    }

    /// <summary>What was read, by name.</summary>
    public IReadOnlyDictionary<string, PrometheusFamily> Families => _families;

    /// <summary>The value of a series; null when it is not there.</summary>
    public double? Value(string name, params (string Label, string Value)[] labels)
    {
        var key = string.Join(',', labels.OrderBy(l => l.Label, StringComparer.Ordinal).Select(l => $"{l.Label}={l.Value}"));
        return _families.GetValueOrDefault(name)?.Series.TryGetValue(key, out var value) == true ? value : null;
    }

    public static PrometheusText Parse(string text)
    {
        if (!text.EndsWith('\n')) throw new FormatException("the last line does not end");
        var result = new PrometheusText();
        PrometheusFamily? current = null;
        string? help = null, helped = null;
        var number = 0;
        foreach (var line in text[..^1].Split('\n'))
        {
            number++;
            try
            {
                if (line.StartsWith("# HELP ", StringComparison.Ordinal))
                {
                    var space = line.IndexOf(' ', "# HELP ".Length);
                    Expect(space > 0 && space + 1 < line.Length, "HELP says nothing");
                    (helped, help) = (line["# HELP ".Length..space], line[(space + 1)..]);
                    Expect(!result._families.ContainsKey(helped), "the family comes twice");
                }
                else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
                {
                    var parts = line["# TYPE ".Length..].Split(' ');
                    Expect(parts.Length == 2 && parts[1] is "counter" or "gauge", "no such type");
                    Expect(parts[0] == helped && help is not null, "TYPE without HELP");
                    Expect(IsName(parts[0], withColon: true), "no name");
                    current = new PrometheusFamily(parts[0], parts[1], help!);
                    result._families.Add(parts[0], current);
                    help = null;
                }
                else
                {
                    Expect(!line.StartsWith('#') && current is not null, "a sample is expected");
                    Sample(line, current!);
                }
            }
            catch (FormatException error)
            {
                throw new FormatException($"line {number}: {error.Message}: {line}");
            }
        }
        return result;
    }

    static void Sample(string line, PrometheusFamily family)
    {
        Expect(line.StartsWith(family.Name, StringComparison.Ordinal), "a sample of another family");
        var at = family.Name.Length;
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (line[at] == '{')
        {
            do
            {
                var equals = line.IndexOf('=', at);
                Expect(equals > 0, "a label without value");
                var name = line[(at + 1)..equals];
                Expect(IsName(name, withColon: false) && !name.StartsWith("__", StringComparison.Ordinal), "no name of a label");
                Expect(line[equals + 1] == '"', "no quotes");
                var value = new StringBuilder();
                for (at = equals + 2; line[at] != '"'; at++)
                {
                    if (line[at] != '\\')
                    {
                        value.Append(line[at]);
                        continue;
                    }
                    at++;
                    value.Append(line[at] switch { '\\' => '\\', '"' => '"', 'n' => '\n', _ => throw new FormatException("no such escape") });
                }
                Expect(labels.TryAdd(name, value.ToString()), "the label comes twice");
                at++;
            }
            while (line[at] == ',');
            Expect(line[at] == '}', "the labels do not end");
            at++;
        }
        Expect(line[at] == ' ', "no value");
        Expect(double.TryParse(line.AsSpan(at + 1), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number), "no number");
        Expect(family.Type != "counter" || number >= 0, "a counter below zero");
        Expect(family.Series.TryAdd(string.Join(',', labels.Select(l => $"{l.Key}={l.Value}")), number), "the series comes twice");
    }

    static bool IsName(string text, bool withColon) =>
        text.Length > 0 && !char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_' || (withColon && c == ':'));

    static void Expect(bool holds, string otherwise)
    {
        if (!holds) throw new FormatException(otherwise);
    }
}
