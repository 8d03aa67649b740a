using System.Globalization;
using Skep.Engine.Rules;
using Skep.Yaml;

namespace Skep.Falco.Loading;

/// <summary>Reads the items of one file into what the files before it defined.</summary>
sealed partial class RuleFileReader
{
    static readonly string[] s_listKeys = ["list", "items", "append", "override"];
    static readonly string[] s_macroKeys = ["macro", "condition", "append", "override"];

    readonly SourceFile _file;
    readonly RuleCollector _collector;
    readonly FalcoFileResult _result;
    readonly LoadContext _root;

    RuleFileReader(SourceFile file, RuleCollector collector, FalcoFileResult result)
    {
        (_file, _collector, _result) = (file, collector, result);
        _root = LoadContext.Of(file);
    }

    public static void Read(SourceFile file, RuleCollector collector, FalcoFileResult result) => new RuleFileReader(file, collector, result).Read();

    void Read()
    {
        var bag = new DiagnosticBag(_file.Name);
        IReadOnlyList<YamlNode> documents = [];
        try
        {
            documents = YamlDocuments.Read(_file.Text, bag, Severity.Warning);
        }
        catch (ReadingStoppedException)
        {
        }
        foreach (var complaint in bag.Items)
        {
            var context = _root.Inside("rules content", "", new Position(complaint.Line, complaint.Column));
            _result.Add(context.Issue(complaint.Severity == Severity.Warning ? FalcoCode.DuplicateKey : FalcoCode.YamlParse, complaint.Message));
        }
        if (!_result.Successful) return;
        if (documents.Count > 0) _result.SchemaValidation = "ok";
        foreach (var document in documents) Try(() => ReadDocument(document));
    }

    void Try(Action read)
    {
        try
        {
            read();
        }
        catch (LoadException e)
        {
            _result.Add(e.Issue);
        }
    }

    void ReadDocument(YamlNode document)
    {
        if (document is YamlScalar { IsNull: true }) return;
        if (document is YamlScalar) throw new LoadException(_root, FalcoCode.YamlValidate, "Rules content is not yaml");
        if (document is not YamlSequence items) throw new LoadException(_root, FalcoCode.YamlValidate, "Rules content is not yaml array of objects");
        foreach (var item in items.Items) Try(() => ReadItem(item));
    }

    void ReadItem(YamlNode node)
    {
        if (node is YamlScalar { IsNull: true }) return;
        var context = _root.Inside("item", "", node);
        if (node is not YamlMapping mapping) throw new LoadException(context, FalcoCode.YamlValidate, "Unexpected element type. Each element should be a yaml associative array.");
        var item = new ItemReader(mapping, context);
        if (item.Has("required_engine_version")) ReadEngineVersion(item);
        else if (item.Has("required_plugin_versions")) ReadPluginVersions(item);
        else if (item.Has("list")) ReadList(item);
        else if (item.Has("macro")) ReadMacro(item);
        else if (item.Has("rule")) ReadRule(item);
        else Warn(context, FalcoCode.UnknownItem, "Unknown top level item");
    }

    void Warn(LoadContext context, FalcoCode code, string message) => _result.Add(context.Issue(code, message));

    void WarnOfUnknownKeys(ItemReader item, ReadOnlySpan<string> known)
    {
        foreach (var entry in item.Mapping.Entries)
        {
            if (known.Contains(entry.Key.Text)) continue;
            Warn(item.Context.Inside("key", entry.Key.Text, entry.Key), FalcoCode.UnknownKey, $"Unknown key '{entry.Key.Text}'. The key will be ignored.");
            _result.AddSchemaWarning($"{_file.Name}:{entry.Key.At.Line}:{entry.Key.At.Column}: additional property '{entry.Key.Text}'");
        }
    }

    void WarnOfLooseFlags(ItemReader item, ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (item.Node(key) is YamlScalar { Text: not ("true" or "false") } scalar) _result.AddSchemaWarning($"{_file.Name}:{scalar.At.Line}:{scalar.At.Column}: '{key}' is not true or false");
        }
    }

    void ReadEngineVersion(ItemReader item)
    {
        item.Enter(_root, "required_engine_version", "");
        WarnOfUnknownKeys(item, ["required_engine_version"]);
        var text = item.Text("required_engine_version");
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var minor)) text = $"0.{minor}.0";
        if (!FalcoVersion.TryParse(text, out var required))
            throw item.Error(FalcoCode.Validate, $"Unable to parse engine version '{text}' as a semver string. Expected \"x.y.z\" semver format.");
        if (!FalcoVersion.Engine.Satisfies(required))
            throw item.Error(FalcoCode.Validate, $"Rules require engine version {required}, but engine version is {FalcoVersion.Engine}");
    }

    void ReadPluginVersions(ItemReader item)
    {
        item.Enter(_root, "required plugin versions", "");
        WarnOfUnknownKeys(item, ["required_plugin_versions"]);
        foreach (var node in item.Sequence("required_plugin_versions").Items)
        {
            var context = item.Context.Inside("required plugin versions entry", "", node);
            var entry = new ItemReader(Mapping(node, context), context);
            var alternatives = new List<(string Name, FalcoVersion Version)> { ReadPlugin(entry) };
            if (entry.Has("alternatives"))
            {
                foreach (var other in entry.Sequence("alternatives").Items)
                {
                    var inner = context.Inside("required plugin versions alternative", "", other);
                    var alternative = ReadPlugin(new(Mapping(other, inner), inner));
                    if (alternatives.Exists(a => a.Name == alternative.Name))
                        throw new LoadException(inner, FalcoCode.YamlValidate, $"Defined multiple alternative version requirements for plugin '{alternative.Name}'");
                    alternatives.Add(alternative);
                }
            }
            _collector.Plugins.Add(new(context, alternatives));
        }
    }

    static (string Name, FalcoVersion Version) ReadPlugin(ItemReader entry)
    {
        var name = entry.Text("name");
        var version = entry.Text("version");
        return FalcoVersion.TryParse(version, out var parsed) ? (name, parsed)
            : throw entry.Error(FalcoCode.YamlValidate, $"Unable to parse version '{version}' of plugin '{name}' as a semver string. Expected \"x.y.z\" semver format.");
    }

    static YamlMapping Mapping(YamlNode node, LoadContext context) =>
        node as YamlMapping ?? throw new LoadException(context, FalcoCode.YamlValidate, "Unexpected element type. Each element should be a yaml associative array.");

    void ReadList(ItemReader item)
    {
        var name = item.Text("list");
        item.Enter(_root, "list", name);
        WarnOfUnknownKeys(item, s_listKeys);
        if (!name.All(c => c is not ('(' or ')' or '"' or '\'' or '=' or ',') && !char.IsWhiteSpace(c)))
            Warn(item.Context, FalcoCode.InvalidListName, $"List has an invalid name. List names must match a regular expression: ([^()\"'[:space:]=,]+)");
        var appends = ReadChange(item, "items") == Change.Append;
        var items = item.Texts("items");
        _collector.Lists.TryGetValue(name, out var known);
        if (appends)
        {
            if (known is null) throw item.Error(FalcoCode.Validate, "List uses 'append' or 'override.items: append' but no list by that name already exists");
            known.Items.AddRange(items);
            return;
        }
        var list = new ListInfo(name, known?.Index ?? _collector.NextIndex(), item.Context);
        list.Items.AddRange(items);
        _collector.Lists[name] = list;
    }

    void ReadMacro(ItemReader item)
    {
        var name = item.Text("macro");
        item.Enter(_root, "macro", name);
        WarnOfUnknownKeys(item, s_macroKeys);
        if (!char.IsAsciiLetter(name[0]) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
            Warn(item.Context, FalcoCode.InvalidMacroName, $"Macro has an invalid name. Macro names must match a regular expression: ([a-zA-Z]+[a-zA-Z0-9_]*)");
        var appends = ReadChange(item, "condition") == Change.Append;
        var condition = item.Scalar("condition");
        _collector.Macros.TryGetValue(name, out var known);
        if (appends)
        {
            if (known is null) throw item.Error(FalcoCode.Validate, "Macro uses 'append' or 'override.condition: append' but no macro by that name already exists");
            known.Condition.Append(_file, condition);
            known.Visibility = _collector.NextIndex();
            return;
        }
        var index = _collector.NextIndex();
        _collector.Macros[name] = new(name, known?.Index ?? index, item.Context, new(_file, condition)) { Visibility = index };
    }

    enum Change
    {
        Define,
        Append,
        Replace,
    }

    /// <summary>How a list or a macro, which have one key each that can be changed, relates to an earlier one.</summary>
    Change ReadChange(ItemReader item, string key)
    {
        var append = ReadAppend(item);
        if (!item.Has("override")) return append ? Change.Append : Change.Define;
        var changes = ReadOverride(item, append, [key], [key]);
        return changes.GetValueOrDefault(key, Change.Define);
    }

    bool ReadAppend(ItemReader item)
    {
        if (item.OptionalFlag("append") is not { } append) return false;
        if (append) Warn(item.Context, FalcoCode.DeprecatedItem, "'append' key is deprecated. Add an 'append' entry (e.g. 'condition: append') under 'override' instead.");
        return append;
    }

    static Dictionary<string, Change> ReadOverride(ItemReader item, bool append, string[] appendable, string[] replaceable)
    {
        if (append) throw item.Error(FalcoCode.YamlValidate, "Keys 'override' and 'append: true' cannot be used together. Add an 'append' entry (e.g. 'condition: append') under 'override' instead.");
        var node = item.Required("override");
        var context = item.Context.Inside("override", "", node);
        if (node is not YamlMapping mapping) throw new LoadException(context, FalcoCode.YamlValidate, "Override section must be a map of keys to 'append' or 'replace'");
        var changes = new Dictionary<string, Change>(StringComparer.Ordinal);
        foreach (var entry in mapping.Entries)
        {
            var key = entry.Key.Text;
            var operation = (entry.Value as YamlScalar)?.Text;
            changes[key] = operation switch
            {
                "append" when appendable.Contains(key) => Change.Append,
                "append" when replaceable.Contains(key) => throw new LoadException(context, FalcoCode.Validate, $"Key '{key}' cannot be appended to, use 'replace' instead"),
                "append" => throw new LoadException(context, FalcoCode.Validate, $"Key '{key}' cannot be appended to"),
                "replace" when replaceable.Contains(key) => Change.Replace,
                "replace" => throw new LoadException(context, FalcoCode.Validate, $"Key '{key}' cannot be replaced"),
                _ => throw new LoadException(context, FalcoCode.Validate, $"Invalid override operation for key '{key}': '{operation}'. Allowed values are: append, replace"),
            };
            if (!item.Has(key)) throw new LoadException(context, FalcoCode.Validate, $"{(changes[key] == Change.Append ? "An append" : "A replace")} override for '{key}' was specified but '{key}' is not defined");
        }
        foreach (var key in appendable.Union(replaceable))
        {
            if (item.Has(key) && !changes.ContainsKey(key)) throw item.Error(FalcoCode.Validate, $"Unexpected key '{key}': no corresponding entry under 'override' is defined.");
        }
        return changes;
    }
}
