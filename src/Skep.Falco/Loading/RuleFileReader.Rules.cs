using Skep.Yaml;

namespace Skep.Falco.Loading;

sealed partial class RuleFileReader
{
    static readonly string[] s_ruleKeys =
    [
        "rule", "condition", "output", "desc", "priority", "source", "enabled", "tags", "exceptions", "warn_evttypes", "skip-if-unknown-filter", "capture",
        "capture_duration", "append", "override", ExtensionReader.Action, ExtensionReader.Window,
    ];

    static readonly string[] s_appendable = ["condition", "output", "desc", "tags", "exceptions"];

    static readonly string[] s_replaceable =
    [
        .. s_appendable, "priority", "enabled", "warn_evttypes", "skip-if-unknown-filter", "capture", "capture_duration", ExtensionReader.Action, ExtensionReader.Window,
    ];

    static readonly string[] s_flags = ["enabled", "warn_evttypes", "skip-if-unknown-filter", "capture", "append"];

    void ReadRule(ItemReader item)
    {
        var name = item.Text("rule");
        item.Enter(_root, "rule", name);
        WarnOfUnknownKeys(item, s_ruleKeys);
        WarnOfLooseFlags(item, s_flags);
        _collector.Rules.TryGetValue(name, out var known);
        var append = ReadAppend(item);
        if (item.Has("override")) Override(item, known, ReadOverride(item, append, s_appendable, s_replaceable));
        else if (append) Append(item, known);
        else if (!item.Has("condition") && !item.Has("output") && !item.Has("desc") && !item.Has("priority")) Toggle(item, known);
        else Define(item, name, known);
    }

    void Define(ItemReader item, string name, RuleInfo? known)
    {
        var source = item.OptionalText("source") ?? RuleCollector.SyscallSource;
        if (known is not null && known.Source != source) throw item.Error(FalcoCode.Validate, "Rule has been re-defined with a different source");
        var rule = new RuleInfo(name, known?.Index ?? _collector.NextIndex(), item.Context)
        {
            Source = source,
            IsSourceKnown = source == RuleCollector.SyscallSource,
            Condition = new(_file, item.Scalar("condition")),
            Output = new(_file, item.Scalar("output")),
            Description = item.Text("desc").Trim(),
            Priority = ReadPriority(item),
            Tags = Distinct(item.OptionalTexts("tags") ?? []),
            Enabled = item.OptionalFlag("enabled") ?? true,
            WarnsOfEventTypes = item.OptionalFlag("warn_evttypes") ?? true,
            SkipsUnknownFilters = item.OptionalFlag("skip-if-unknown-filter") ?? false,
            Capture = item.OptionalFlag("capture") ?? false,
            CaptureDuration = item.OptionalNumber("capture_duration") ?? 0,
            Action = ExtensionReader.ReadAction(item),
            Window = ExtensionReader.ReadWindow(item),
        };
        if (!rule.IsSourceKnown) Warn(item.Context, FalcoCode.UnknownSource, $"Unknown source {source}, skipping");
        else rule.Exceptions = ReadExceptions(item);
        foreach (var exception in rule.Exceptions) ExceptionText.Complete(exception);
        _collector.Rules[name] = rule;
    }

    void Toggle(ItemReader item, RuleInfo? known)
    {
        var enabled = item.OptionalFlag("enabled") ?? throw item.Error(FalcoCode.YamlValidate, "Item has no mapping for key 'condition'");
        if (known is null) throw item.Error(FalcoCode.Validate, "Rule has 'enabled' key but no rule by that name already exists");
        Warn(item.Context, FalcoCode.DeprecatedItem, "The standalone 'enabled' key usage is deprecated. The correct approach requires also a 'replace' entry under the 'override' key (i.e. 'enabled: replace').");
        known.Enabled = enabled;
    }

    void Append(ItemReader item, RuleInfo? known)
    {
        if (known is null) throw item.Error(FalcoCode.Validate, "Rule has 'append' key or an append override but no rule by that name already exists");
        CheckSource(item, known);
        if (!item.Has("condition") && !item.Has("exceptions")) throw item.Error(FalcoCode.Validate, "Appended rule must have exceptions or condition property");
        if (item.Has("condition")) known.Condition.Append(_file, item.Scalar("condition"));
        if (item.Has("exceptions")) AppendExceptions(item, known);
    }

    void Override(ItemReader item, RuleInfo? known, Dictionary<string, Change> changes)
    {
        if (known is null)
        {
            throw item.Error(FalcoCode.Validate, changes.ContainsValue(Change.Append)
                ? "Rule has 'append' key or an append override but no rule by that name already exists"
                : "An 'override' to a rule was requested but no rule by that name already exists");
        }
        CheckSource(item, known);
        foreach (var (key, _) in changes.Where(c => c.Value == Change.Append)) ApplyAppend(item, known, key);
        foreach (var (key, _) in changes.Where(c => c.Value == Change.Replace)) ApplyReplace(item, known, key);
    }

    static void CheckSource(ItemReader item, RuleInfo known)
    {
        if (item.OptionalText("source") is { } source && source != known.Source) throw item.Error(FalcoCode.Validate, "Rule has been re-defined with a different source");
    }

    void ApplyAppend(ItemReader item, RuleInfo rule, string key)
    {
        switch (key)
        {
            case "condition": rule.Condition.Append(_file, item.Scalar(key)); break;
            case "output": rule.Output.Append(_file, item.Scalar(key)); break;
            case "desc": rule.Description += " " + item.Text(key).Trim(); break;
            case "tags": rule.Tags = Distinct([.. rule.Tags, .. item.Texts(key)]); break;
            case "exceptions": AppendExceptions(item, rule); break;
            default: break;
        }
    }

    void ApplyReplace(ItemReader item, RuleInfo rule, string key)
    {
        switch (key)
        {
            case "condition": rule.Condition = new(_file, item.Scalar(key)); break;
            case "output": rule.Output = new(_file, item.Scalar(key)); break;
            case "desc": rule.Description = item.Text(key).Trim(); break;
            case "tags": rule.Tags = Distinct(item.Texts(key)); break;
            case "priority": rule.Priority = ReadPriority(item); break;
            case "enabled": rule.Enabled = item.OptionalFlag(key) ?? true; break;
            case "warn_evttypes": rule.WarnsOfEventTypes = item.OptionalFlag(key) ?? true; break;
            case "skip-if-unknown-filter": rule.SkipsUnknownFilters = item.OptionalFlag(key) ?? false; break;
            case "capture": rule.Capture = item.OptionalFlag(key) ?? false; break;
            case "capture_duration": rule.CaptureDuration = item.OptionalNumber(key) ?? 0; break;
            case ExtensionReader.Action: rule.Action = ExtensionReader.ReadAction(item); break;
            case ExtensionReader.Window: rule.Window = ExtensionReader.ReadWindow(item); break;
            case "exceptions" when rule.IsSourceKnown:
                rule.Exceptions = ReadExceptions(item);
                foreach (var exception in rule.Exceptions) ExceptionText.Complete(exception);
                break;
            default: break;
        }
    }

    static FalcoPriority ReadPriority(ItemReader item)
    {
        var scalar = item.Scalar("priority");
        return FalcoPriorities.TryParse(scalar.Text, out var priority) ? priority : throw item.Error("priority", scalar, "Invalid priority");
    }

    static List<string> Distinct(IEnumerable<string> tags) => [.. tags.Distinct(StringComparer.Ordinal)];

    List<ExceptionInfo> ReadExceptions(ItemReader item)
    {
        var exceptions = new List<ExceptionInfo>();
        if (item.Node("exceptions") is null or YamlScalar { IsNull: true }) return exceptions;
        foreach (var node in item.Sequence("exceptions").Items)
        {
            var outer = item.Context.Inside("exceptions", "", item.Node("exceptions")!);
            var context = outer.Inside("exception", "", node);
            var entry = new ItemReader(Mapping(node, context), context);
            var name = entry.Text("name");
            entry.Enter(outer, "exception", name);
            if (exceptions.Exists(e => e.Name == name)) Warn(entry.Context, FalcoCode.ExceptionNameNotUnique, $"Multiple definitions of exception '{name}' in the same rule");
            var exception = new ExceptionInfo(name, entry.Context);
            (exception.IsList, exception.Fields) = OneOrMore(entry, "fields");
            var (isList, comparisons) = OneOrMore(entry, "comps");
            exception.Comparisons = [.. comparisons.Select(c => c.Trim())];
            if (comparisons.Count > 0 && exception.Fields.Count > 0 && isList != exception.IsList)
                throw entry.Error(FalcoCode.YamlValidate, isList ? "Fields and comps must both be strings" : "Fields and comps lists must have equal length");
            if (entry.Node("values") is { } values and not YamlScalar { IsNull: true })
            {
                if (values is not YamlSequence sequence) throw entry.Error("values", values, "Value is not a sequence");
                exception.Values.AddRange(sequence.Items);
            }
            exceptions.Add(exception);
        }
        return exceptions;
    }

    static (bool IsList, List<string> Texts) OneOrMore(ItemReader entry, string key)
    {
        if (entry.Node(key) is null or YamlScalar { IsNull: true }) return (false, []);
        return entry.Node(key) is YamlSequence ? (true, entry.Texts(key)) : (false, [entry.Text(key)]);
    }

    void AppendExceptions(ItemReader item, RuleInfo rule)
    {
        // Which fields another source has is not known.
        if (!rule.IsSourceKnown) return;
        foreach (var exception in ReadExceptions(item))
        {
            var known = rule.Exceptions.Find(e => e.Name == exception.Name);
            if (known is null)
            {
                if (exception.Fields.Count == 0) throw new LoadException(exception.Context, FalcoCode.Validate, "Rule exception must have fields property with a list of fields");
                ExceptionText.Complete(exception);
                rule.Exceptions.Add(exception);
                continue;
            }
            if (exception.Fields.Count > 0) throw new LoadException(exception.Context, FalcoCode.Validate, "Can not append exception fields to existing exception, only values");
            if (exception.Comparisons.Count > 0) throw new LoadException(exception.Context, FalcoCode.Validate, "Can not append exception comps to existing exception, only values");
            if (exception.Values.Count == 0) Warn(exception.Context, FalcoCode.AppendNoValues, "Overriding/appending exception with no values");
            known.Values.AddRange(exception.Values);
        }
    }
}
