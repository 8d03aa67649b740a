using Skep.Engine.Rules;
using Skep.Tetragon.Policies.Model;
using Skep.Yaml;

namespace Skep.Tetragon.Policies;

sealed partial class PolicyReader
{
    IReadOnlyList<SelectorSpec> ReadSelectors(Fields fields) => fields.Mappings("selectors", "a selector", ReadSelector) ?? [];

    SelectorSpec ReadSelector(Fields fields)
    {
        return ReadConditions(fields) with
        {
            Label = fields.Text("label"),
            Macros = fields.Texts("macros"),
            ReturnArguments = ReadArgumentMatches(fields, "matchReturnArgs"),
            Any = fields.Mappings("matchAny", "a group of matchAny", ReadConditions),
            Actions = ReadActions(fields, "matchActions"),
            ReturnActions = ReadActions(fields, "matchReturnActions"),
        };
    }

    SelectorSpec ReadConditions(Fields fields) => new()
    {
        At = fields.At,
        Pids = fields.Mappings("matchPIDs", "an entry of matchPIDs", ReadPidMatch),
        Arguments = ReadArgumentMatches(fields, "matchArgs"),
        Data = ReadArgumentMatches(fields, "matchData"),
        CommandArguments = fields.Mappings("matchCmdArgs", "an entry of matchCmdArgs", ReadCommandArgumentMatch),
        Binaries = ReadBinaryMatches(fields, "matchBinaries"),
        ParentBinaries = ReadBinaryMatches(fields, "matchParentBinaries"),
        Namespaces = fields.Mappings("matchNamespaces", "an entry of matchNamespaces", ReadNamespaceMatch),
        NamespaceChanges = fields.Mappings("matchNamespaceChanges", "an entry of matchNamespaceChanges", ReadNamespaceChange),
        Capabilities = ReadCapabilityMatches(fields, "matchCapabilities"),
        CapabilityChanges = ReadCapabilityMatches(fields, "matchCapabilityChanges"),
        Workloads = fields.Mapping("matchWorkloads", "matchWorkloads", ReadWorkload),
        Expression = ReadExpression(fields),
    };

    /// <summary>Tetragon's reader does not mind capitals, and its own pages have several forms of this name.</summary>
    CelMatch? ReadExpression(Fields fields)
    {
        string[] names = ["matchCel", "matchCEL", "MatchCel", "MatchCEL"];
        var given = names.Where(fields.Has).ToArray();
        if (given.Length == 0) return null;
        if (given.Length > 1) bag.Error(fields.Place(given[1]), $"{given[1]}: a selector has one expression");
        foreach (var other in given[1..]) fields.Node(other);
        return fields.Mapping(given[0], given[0], f => new CelMatch(f.At, f.RequiredText("expr")));
    }

    static IReadOnlyList<ArgumentMatch>? ReadArgumentMatches(Fields fields, string name) => fields.Mappings(name, $"an entry of {name}", f =>
    {
        var index = f.Number("index", 0, int.MaxValue);
        var positions = f.Numbers("args", 0, int.MaxValue);
        return new ArgumentMatch(f.At, index, positions, ReadOperator(f, Vocabulary.Operators), f.Has("values") ? f.Texts("values") : []);
    });

    static ArgumentMatch ReadCommandArgumentMatch(Fields fields)
    {
        fields.Require("values");
        return new(fields.At, fields.Number("index", 0, MostCommandArguments), null, ReadOperator(fields, Vocabulary.TextOperators), fields.Texts("values"));
    }

    /// <summary>Operators in lower case are accepted, as elsewhere.</summary>
    static Located<string>? ReadOperator(Fields fields, string[] operators)
    {
        fields.Require("operator");
        if (!fields.Has("operator")) return null;
        var text = fields.Node("operator") is YamlScalar scalar ? Array.Find(operators, o => o.Equals(scalar.Text, StringComparison.OrdinalIgnoreCase)) : null;
        return text is null ? fields.Word("operator", operators) : new(text, fields.Node("operator")!.At);
    }

    static IReadOnlyList<Located<string>>? ReadValues(Fields fields)
    {
        fields.Require("values");
        return fields.Texts("values");
    }

    static IReadOnlyList<BinaryMatch>? ReadBinaryMatches(Fields fields, string name) => fields.Mappings(name, $"an entry of {name}", f =>
        new BinaryMatch(f.At, ReadOperator(f, Vocabulary.BinaryOperators), ReadValues(f), f.Flag("followChildren")?.Value ?? false));

    static PidMatch ReadPidMatch(Fields fields)
    {
        fields.Require("values");
        return new(fields.At, ReadOperator(fields, Vocabulary.InOrNot), fields.Numbers("values", 0, uint.MaxValue),
            fields.Flag("isNamespacePID")?.Value ?? false, fields.Flag("followForks")?.Value ?? false);
    }

    static NamespaceMatch ReadNamespaceMatch(Fields fields)
    {
        fields.Require("namespace");
        return new(fields.At, fields.Word("namespace", Vocabulary.Namespaces), ReadOperator(fields, Vocabulary.InOrNot), ReadValues(fields));
    }

    static NamespaceMatch ReadNamespaceChange(Fields fields) => new(fields.At, null, ReadOperator(fields, Vocabulary.InOrNot), ReadValues(fields));

    static IReadOnlyList<CapabilityMatch>? ReadCapabilityMatches(Fields fields, string name) => fields.Mappings(name, $"an entry of {name}", f =>
        new CapabilityMatch(f.At, f.Word("type", Vocabulary.CapabilitySets), ReadOperator(f, Vocabulary.InOrNot), ReadValues(f), f.Flag("isNamespaceCapability")?.Value ?? false));

    IReadOnlyList<ActionSpec>? ReadActions(Fields fields, string name) => fields.Mappings(name, $"an entry of {name}", ReadAction);

    ActionSpec ReadAction(Fields fields)
    {
        fields.Require("action");
        string[] targets = ["argNewSymbol", "argNewAddr", "argNewOffset"];
        var given = targets.Where(fields.Has).ToArray();
        if (given.Length > 1) bag.Error(fields.Place(given[1]), $"{given[1]}: an action has only one of {string.Join(", ", targets)}");
        fields.Number("argNewAddr", long.MinValue, long.MaxValue);
        fields.Number("argNewOffset", long.MinValue, long.MaxValue);
        fields.Text("argNewSymbol");
        var registers = fields.Texts("argRegs");
        return new()
        {
            At = fields.At,
            Action = fields.Word("action", Vocabulary.Actions),
            Error = fields.Number("argError", int.MinValue, int.MaxValue),
            Signal = fields.Number("argSig", int.MinValue, int.MaxValue),
            Socket = fields.Number("argSock", int.MinValue, int.MaxValue),
            Argument = fields.Number("argIndex", int.MinValue, int.MaxValue),
            Value = fields.Number("argValue", int.MinValue, int.MaxValue),
            Url = fields.Text("argUrl"),
            Name = fields.Text("argFqdn"),
            RateLimit = fields.Text("rateLimit"),
            RateLimitScope = fields.Word("rateLimitScope", Vocabulary.RateLimitScopes),
            KernelStack = fields.Flag("kernelStackTrace"),
            UserStack = fields.Flag("userStackTrace"),
            ImaHash = fields.Flag("imaHash"),
            ChangesRegisters = registers is { Count: > 0 } || given.Length > 0,
        };
    }

    LabelSelectorSpec? ReadLabelSelector(Fields fields, string name) => fields.Mapping(name, name, f =>
    {
        var terms = new List<LabelTerm>();
        foreach (var (key, value) in f.Dictionary("matchLabels"))
        {
            if (value is not YamlScalar text) bag.Error(value.At, $"{name}: {Spelling.Quote(key.Value)}: expected a text, got {value.Noun}");
            else if (!IsLabelValue(text.Text)) bag.Error(value.At, $"{name}: {Spelling.Quote(text.Text)} is no value of a label");
            else terms.Add(new(key.Value, LabelOperator.In, [text.Text]));
        }
        terms.AddRange((f.Mappings("matchExpressions", "an entry of matchExpressions", ReadTerm) ?? []).OfType<LabelTerm>());
        return new LabelSelectorSpec(f.At, new(terms));
    });

    LabelTerm? ReadTerm(Fields fields)
    {
        var key = fields.RequiredText("key");
        fields.Require("operator");
        var word = fields.Word("operator", Vocabulary.LabelOperators);
        var values = fields.Texts("values") ?? [];
        if (key is null || word is null) return null;
        var comparison = Enum.Parse<LabelOperator>(word.Value.Value);
        var wantsValues = comparison is LabelOperator.In or LabelOperator.NotIn;
        if (wantsValues && values.Count == 0) bag.Error(fields.At, $"an entry of matchExpressions: {word.Value.Value} needs values");
        if (!wantsValues && values.Count > 0) bag.Error(fields.Place("values"), $"values: {word.Value.Value} has none");
        return new(key.Value.Value, comparison, [.. values.Select(v => v.Value)]);
    }

    static bool IsLabelValue(string value) => value.Length == 0 || (value.Length <= LongestLabel
        && char.IsAsciiLetterOrDigit(value[0]) && char.IsAsciiLetterOrDigit(value[^1])
        && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'));
}
