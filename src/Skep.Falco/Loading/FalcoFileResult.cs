using System.Globalization;
using System.Text;

namespace Skep.Falco.Loading;

/// <summary>What became of one rule file.</summary>
public sealed class FalcoFileResult
{
    readonly List<FalcoIssue> _errors = [];
    readonly List<FalcoIssue> _warnings = [];
    readonly List<string> _schema = [];

    internal FalcoFileResult(string name) => Name = name;

    /// <summary>The file.</summary>
    public string Name { get; }

    /// <summary>Whether it can be used.</summary>
    public bool Successful => _errors.Count == 0;

    /// <summary>Falco stops at the first; here are all that do not follow from each other.</summary>
    public IReadOnlyList<FalcoIssue> Errors => _errors;

    /// <summary>What is odd.</summary>
    public IReadOnlyList<FalcoIssue> Warnings => _warnings;

    /// <summary>Where the file is looser than the schema of rule files; that never keeps it from loading.</summary>
    public IReadOnlyList<string> SchemaWarnings => _schema;

    /// <summary><c>ok</c>, <c>failed</c>, or <c>none</c> where there was no YAML.</summary>
    public string SchemaValidation { get; internal set; } = "none";

    internal void Add(FalcoIssue issue)
    {
        var list = issue.IsError ? _errors : _warnings;
        if (list.Count < 1000) list.Add(issue);
    }

    internal void AddSchemaWarning(string text)
    {
        SchemaValidation = "failed";
        if (_schema.Count < 1000) _schema.Add(text);
    }

    /// <summary>As <c>falco -V</c> prints it.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(Name).Append(": ").AppendLine(!Successful ? "Invalid" : _warnings.Count > 0 ? "Ok, with warnings" : "Ok");
        Append(text, _errors, "Errors");
        Append(text, _warnings, "Warnings");
        return text.ToString();
    }

    static void Append(StringBuilder text, List<FalcoIssue> issues, string noun)
    {
        if (issues.Count == 0) return;
        text.AppendLine(CultureInfo.InvariantCulture, $"{issues.Count} {noun}:");
        foreach (var issue in issues)
        {
            for (var i = 0; i < issue.Locations.Count; i++)
            {
                var location = issue.Locations[i];
                text.Append(i == 0 ? "In " : "    ").Append(location.ItemType);
                if (location.ItemName.Length > 0) text.Append(" '").Append(location.ItemName).Append('\'');
                text.AppendLine(CultureInfo.InvariantCulture, $": ({location.Name}:{location.Line}:{location.Column})");
            }
            text.AppendLine("------").Append(issue.Snippet).AppendLine("------");
            text.AppendLine(CultureInfo.InvariantCulture, $"{FalcoCodes.NameOf(issue.Code)} ({FalcoCodes.DescriptionOf(issue.Code)}): {issue.Message}");
        }
    }
}
