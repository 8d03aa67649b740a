using System.Collections;
using System.Text;
using Skep.Yaml;

namespace Skep.Agent.Configuration;

/// <summary>
/// What files and the environment say about the agent's options, by name. Whatever is read later is stronger, and replaces what was said
/// before of the same option. Everything that is wrong is told, each with its place.
/// </summary>
public sealed class Settings
{
    /// <summary>What names of environment variables begin with.</summary>
    public const string VariablePrefix = "SKEP_";

    const int LargestFile = 1 << 20;

    static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    static readonly string[] s_yaml = [".yaml", ".yml"], s_leftOver = ["~", ".bak", ".orig", ".swp", ".tmp", ".dpkg-old", ".dpkg-dist", ".dpkg-new", ".rpmnew", ".rpmsave", ".rpmorig"];

    readonly IReadOnlyDictionary<string, SettingKind> _known;
    readonly Func<Setting, IEnumerable<string>> _check;
    readonly Dictionary<string, Setting> _settings = new(StringComparer.Ordinal);
    readonly List<string> _errors = [], _warnings = [];

    /// <param name="known">The options that there are.</param>
    /// <param name="check">What is wrong with a setting's values. It is asked of all, also of those that a stronger place overrules.</param>
    public Settings(IReadOnlyDictionary<string, SettingKind> known, Func<Setting, IEnumerable<string>> check) => (_known, _check) = (known, check);

    /// <summary>The strongest setting of each option that has one.</summary>
    public IReadOnlyCollection<Setting> All => _settings.Values;

    /// <summary>Why the agent must not start.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>What is odd but harmless.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>The environment variable of an option.</summary>
    public static string VariableOf(string name) => VariablePrefix + name.Replace('-', '_').ToUpperInvariant();

    /// <summary>Reads a file of options: one YAML mapping, the options' names as keys.</summary>
    public void ReadFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Read(path) is not { } text) return;
        var bag = new DiagnosticBag(path);
        var roots = ReadYaml(text, bag);
        if (roots.Count > 1) bag.Error(roots[1].At, "a second document: all options belong into one");
        foreach (var root in roots.Take(1))
        {
            if (root is YamlScalar { IsNull: true }) continue;
            if (root is YamlMapping mapping) foreach (var entry in mapping.Entries) Take(entry, bag);
            else bag.Error(root.At, $"expected options, 'name: value', got {root.Noun}");
        }
        _errors.AddRange(bag.Items.Select(d => d.ToString()));
    }

    /// <summary>
    /// Reads a directory in the order of its files' names. A file <c>*.yaml</c> is read as <see cref="ReadFile"/> does; of any other the name is
    /// an option's and the content its value, as Kubernetes shows a ConfigMap. Hidden files and what editors and packages leave are none.
    /// </summary>
    public void ReadDirectory(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        List<string> entries;
        try
        {
            entries = [.. Directory.EnumerateFileSystemEntries(path).Where(IsMeant).Order(StringComparer.Ordinal)];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Refuse(new SettingPlace(path), $"cannot be read: {error.Message}");
            return;
        }
        foreach (var entry in entries)
        {
            if (Directory.Exists(entry)) Refuse(new SettingPlace(entry), "a directory; only files are read here");
            else if (s_yaml.Contains(Path.GetExtension(entry), StringComparer.OrdinalIgnoreCase)) ReadFile(entry);
            else if (!_known.TryGetValue(Path.GetFileName(entry), out var kind)) Refuse(new SettingPlace(entry), Unknown(Path.GetFileName(entry)));
            else if (Read(entry) is { } content) Take(Path.GetFileName(entry), kind, content, new SettingPlace(entry, 1, 1));
        }
    }

    /// <summary>Reads variables such as <c>SKEP_PIN_DIRECTORY</c>. Others may begin like ours and mean something else.</summary>
    public void ReadEnvironment(IDictionary environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var variables = _known.ToDictionary(option => VariableOf(option.Key), StringComparer.Ordinal);
        foreach (var name in environment.Keys.OfType<string>().Where(n => n.StartsWith(VariablePrefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            if (variables.TryGetValue(name, out var option)) Take(option.Key, option.Value, (string)environment[name]!, new SettingPlace(name));
            else if (IsMisspelt(name, variables.Keys) && Spelling.Hint(name, variables.Keys) is { Length: > 0 } hint) _warnings.Add($"{name}: warning: no option has this variable{hint}");
        }
    }

    /// <summary>What all have in common says nothing about what was meant.</summary>
    static bool IsMisspelt(string name, IEnumerable<string> variables) =>
        Spelling.Hint(name[VariablePrefix.Length..], variables.Select(variable => variable[VariablePrefix.Length..])).Length > 0;

    static bool IsMeant(string path)
    {
        var name = Path.GetFileName(path);
        return !name.StartsWith('.') && !name.StartsWith('#') && !s_leftOver.Any(ending => name.EndsWith(ending, StringComparison.Ordinal));
    }

    static IReadOnlyList<YamlNode> ReadYaml(string text, DiagnosticBag bag)
    {
        try
        {
            return YamlDocuments.Read(text.TrimStart('\uFEFF'), bag);
        }
        catch (ReadingStoppedException)
        {
            return [];
        }
    }

    string? Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var content = new MemoryStream();
            var buffer = new byte[64 * 1024];
            for (int count; (count = file.Read(buffer)) > 0 && content.Length <= LargestFile;) content.Write(buffer, 0, count);
            if (content.Length <= LargestFile) return s_utf8.GetString(content.GetBuffer(), 0, (int)content.Length);
            Refuse(new SettingPlace(path), $"larger than {LargestFile >> 20} MB");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            Refuse(new SettingPlace(path), $"cannot be read: {(error is DecoderFallbackException ? "not UTF-8" : error.Message)}");
        }
        return null;
    }

    void Take(YamlEntry entry, DiagnosticBag bag)
    {
        var (name, at) = (entry.Key.Text, entry.Key.At);
        if (!_known.TryGetValue(name, out var kind)) bag.Error(at, Unknown(name));
        else if (Values(name, kind, entry.Value, bag) is { } values) Set(new Setting(name, values, new SettingPlace(bag.File, at.Line, at.Column)));
    }

    /// <summary>A bare text: of a list one value a line, or all in brackets.</summary>
    void Take(string name, SettingKind kind, string text, SettingPlace place)
    {
        text = text.TrimEnd('\n', '\r');
        List<string>? values;
        if (kind == SettingKind.List && text.TrimStart().StartsWith('['))
        {
            var bag = new DiagnosticBag(place.Source);
            values = ReadYaml(text, bag) is [var list] ? Values(name, kind, list, bag) : null;
            foreach (var problem in bag.Items) Refuse(place with { Line = place.Line == 0 ? 0 : problem.Line, Column = problem.Column }, problem.Message);
            if (bag.Errors > 0) return;
        }
        else
        {
            values = kind == SettingKind.List ? [.. text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)] : [text];
            if (kind == SettingKind.Switch)
            {
                if (new YamlScalar(Position.Start, text.Trim(), plain: true).Boolean is not { } isOn)
                {
                    Refuse(place, $"{name}: {NoSwitch(text)}");
                    return;
                }
                values = [isOn ? "true" : "false"];
            }
        }
        if (values is not { Count: > 0 }) Refuse(place, $"{name}: an empty list; leave it out for the default");
        else Set(new Setting(name, values, place));
    }

    void Set(Setting setting)
    {
        foreach (var problem in _check(setting)) Refuse(setting.Place, problem);
        _settings[setting.Name] = setting;
    }

    static List<string>? Values(string name, SettingKind kind, YamlNode node, DiagnosticBag bag)
    {
        if (node is YamlSequence list && kind == SettingKind.List)
        {
            if (list.Items.Count == 0) bag.Error(node.At, $"{name}: an empty list; leave it out for the default");
            var values = list.Items.Select(item => Text(name, item, bag)).OfType<string>().ToList();
            return values.Count == list.Items.Count && values.Count > 0 ? values : null;
        }
        if (Text(name, node, bag) is not { } text) return null;
        if (kind != SettingKind.Switch) return [text];
        if (node is YamlScalar { Boolean: { } isOn }) return [isOn ? "true" : "false"];
        bag.Error(node.At, $"{name}: {NoSwitch(text)}");
        return null;
    }

    static string? Text(string name, YamlNode node, DiagnosticBag bag)
    {
        if (node is YamlScalar { IsNull: false } scalar) return scalar.Text;
        bag.Error(node.At, $"{name}: expected a value, got {node.Noun}");
        return null;
    }

    static string NoSwitch(string text) => $"expected true or false, got {Spelling.Quote(text)}";

    string Unknown(string name) => $"unknown option {Spelling.Quote(name)}{Spelling.Hint(name, _known.Keys)}";

    void Refuse(SettingPlace place, string message) => _errors.Add($"{place}: error: {message}");
}
