using Skep.Tetragon.Policies.Model;
using Skep.Yaml;

namespace Skep.Tetragon.Policies;

/// <summary>Reads documents of Kubernetes' form into <see cref="PolicyDocument"/>s and complains of all that the schema does not allow.</summary>
sealed partial class PolicyReader(DiagnosticBag bag)
{
    const string ApiVersion = "cilium.io/v1alpha1";
    const string ClusterKind = "TracingPolicy";
    const string NamespacedKind = "TracingPolicyNamespaced";
    const int LongestName = 253;
    const int LongestLabel = 63;
    const int MostCommandArguments = 1000;

    static readonly string[] _kinds = [ClusterKind, NamespacedKind];

    public IReadOnlyList<PolicyDocument> Read(string text)
    {
        var before = bag.Errors;
        var roots = YamlDocuments.Read(text, bag);
        var documents = new List<PolicyDocument>();
        var empty = true;
        foreach (var root in roots)
        {
            if (root is YamlScalar { IsNull: true }) continue;
            empty = false;
            if (ReadDocument(root) is { } document) documents.Add(document);
        }
        if (empty && bag.Errors == before) bag.Error(Position.Start, "the file is empty: no policy in it");
        return documents;
    }

    PolicyDocument? ReadDocument(YamlNode root)
    {
        var fields = Fields.Of(root, "a document", bag);
        if (fields is null) return null;
        var version = fields.RequiredText("apiVersion");
        var kind = fields.RequiredText("kind");
        if (version is null || kind is null) return null;
        var isTracing = _kinds.Contains(kind.Value.Value);
        if (version.Value.Value != ApiVersion)
        {
            if (isTracing) bag.Error(version.Value.At, $"apiVersion: {Spelling.Quote(version.Value.Value)} is not known, expected {ApiVersion}");
            else bag.Warning(root.At, $"a {kind.Value.Value} is no tracing policy: skipped");
            return null;
        }
        if (kind.Value.Value == "PodInfo")
        {
            bag.Warning(root.At, "a PodInfo is no tracing policy: skipped");
            return null;
        }
        if (!isTracing)
        {
            bag.Error(kind.Value.At, $"kind: {Fields.NotOneOf(kind.Value.Value, _kinds)}");
            return null;
        }
        fields.Require("metadata");
        fields.Require("spec");
        var metadata = fields.Mapping("metadata", "metadata", ReadMetadata);
        var namespaced = kind.Value.Value == NamespacedKind;
        var document = fields.Mapping("spec", "spec", spec => ReadSpec(spec, metadata, namespaced));
        fields.Ignore("status");
        fields.End();
        return document;
    }

    sealed record Metadata(Located<string>? Name, Located<string>? Namespace);

    Metadata ReadMetadata(Fields fields)
    {
        var name = fields.RequiredText("name");
        if (name is { } given && !IsName(given.Value))
        {
            bag.Error(given.At, given.Value.Length > LongestName
                ? $"name: longer than {LongestName} characters"
                : $"name: {Spelling.Quote(given.Value)} may hold only a-z, 0-9, - and ., and begins and ends with a letter or digit");
        }
        var ns = fields.Text("namespace");
        if (ns is { } space && (space.Value.Length > LongestLabel || !IsName(space.Value))) bag.Error(space.At, $"namespace: {Spelling.Quote(space.Value)} is no name of a namespace");
        CheckTexts(fields.Dictionary("labels"), "labels");
        CheckTexts(fields.Dictionary("annotations"), "annotations");
        fields.Ignore("generateName", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "ownerReferences", "finalizers",
            "managedFields", "selfLink");
        return new(name, ns);
    }

    void CheckTexts(IReadOnlyList<(Located<string> Key, YamlNode Value)> entries, string where)
    {
        foreach (var (key, value) in entries)
        {
            if (value is not YamlScalar) bag.Error(value.At, $"{where}: {Spelling.Quote(key.Value)}: expected a text, got {value.Noun}");
        }
    }

    static bool IsName(string name) => name.Length is > 0 and <= LongestName
        && char.IsAsciiLetterOrDigit(name[0]) && char.IsAsciiLetterOrDigit(name[^1])
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.');

    PolicyDocument ReadSpec(Fields fields, Metadata? metadata, bool namespaced)
    {
        var hooks = new List<HookSpec>();
        hooks.AddRange(fields.Mappings("kprobes", "a kprobe", f => ReadFunction(f, HookSection.Kprobe)) ?? []);
        hooks.AddRange(fields.Mappings("fentries", "a fentry", f => ReadFunction(f, HookSection.Fentry)) ?? []);
        hooks.AddRange(fields.Mappings("tracepoints", "a tracepoint", ReadTracepoint) ?? []);
        hooks.AddRange(fields.Mappings("lsmhooks", "an lsmhook", ReadLsmHook) ?? []);
        hooks.AddRange(fields.Mappings("uprobes", "a uprobe", ReadUprobe) ?? []);
        hooks.AddRange(fields.Mappings("usdts", "a usdt", ReadUsdt) ?? []);
        hooks.AddRange(fields.Mappings("executions", "an execution", f => ReadProcessHook(f, HookSection.Execution)) ?? []);
        hooks.AddRange(fields.Mappings("exits", "an exit", f => ReadProcessHook(f, HookSection.Exit)) ?? []);
        return new()
        {
            At = fields.At,
            Namespaced = namespaced,
            Name = metadata?.Name ?? new("", fields.At),
            Namespace = metadata?.Namespace,
            Hooks = hooks,
            Lists = ReadLists(fields),
            Options = ReadOptions(fields),
            Enforcers = fields.Mappings("enforcers", "an enforcer", ReadEnforcer) ?? [],
            Loader = fields.Flag("loader"),
            Macros = ReadMacros(fields),
            Scope = ReadWorkload(fields),
            NodeSelector = ReadLabelSelector(fields, "nodeSelector"),
        };
    }

    List<ListSpec> ReadLists(Fields fields)
    {
        var lists = new List<ListSpec>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var list in fields.Mappings("lists", "a list", ReadList) ?? [])
        {
            if (list.Name.Value.Length == 0) continue;
            if (!names.Add(list.Name.Value)) bag.Error(list.Name.At, $"name: a list {Spelling.Quote(list.Name.Value)} is here already");
            else lists.Add(list);
        }
        return lists;
    }

    ListSpec ReadList(Fields fields)
    {
        var name = fields.RequiredText("name");
        // An empty type is the same as none.
        var type = fields.Has("type") && fields.Text("type") is { Value: "" } ? null : fields.Word("type", Vocabulary.ListTypes);
        var values = fields.Texts("values");
        var pattern = fields.Text("pattern");
        fields.Flag("validated");
        var generated = type?.Value is ListSpec.GeneratedFunctions or ListSpec.GeneratedSyscalls;
        if (generated && values is { Count: > 0 }) bag.Error(fields.Place("values"), $"values: a list of type {type!.Value.Value} makes its own");
        if (!generated && !fields.Has("values")) bag.Error(fields.At, "a list: required field \"values\" is missing");
        if (type?.Value == ListSpec.GeneratedFunctions && pattern is null) bag.Error(fields.At, "a list: type generated_ftrace needs a pattern");
        if (type?.Value != ListSpec.GeneratedFunctions && pattern is { Value.Length: > 0 }) bag.Error(fields.Place("pattern"), "pattern: only lists of type generated_ftrace have one");
        return new(fields.At, name ?? new("", fields.At), type?.Value ?? "", values ?? [], pattern);
    }

    List<OptionSpec> ReadOptions(Fields fields)
    {
        var options = new List<OptionSpec>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var option in fields.Mappings("options", "an option", f => new OptionSpec(f.RequiredText("name") ?? new("", f.At), f.Text("value"))) ?? [])
        {
            if (!names.Add(option.Name.Value)) bag.Error(option.Name.At, $"name: option {Spelling.Quote(option.Name.Value)} is here already");
            else options.Add(option);
        }
        return options;
    }

    static EnforcerSpec ReadEnforcer(Fields fields)
    {
        fields.Require("calls");
        return new(fields.At, fields.Texts("calls") ?? []);
    }

    List<(Located<string> Name, SelectorSpec Selector)> ReadMacros(Fields fields)
    {
        var macros = new List<(Located<string>, SelectorSpec)>();
        foreach (var (name, node) in fields.Dictionary("selectorsMacros"))
        {
            if (Fields.Of(node, "a selector", bag) is not { } selector) continue;
            macros.Add((name, ReadSelector(selector)));
            selector.End();
        }
        return macros;
    }

    WorkloadSpec ReadWorkload(Fields fields)
    {
        var host = ReadLabelSelector(fields, "hostSelector");
        if (host is { Selector.Terms.Count: > 0 }) bag.Error(host.At, "hostSelector: must be empty, {}, or absent");
        return new(ReadLabelSelector(fields, "podSelector"), ReadLabelSelector(fields, "containerSelector"), host);
    }
}
