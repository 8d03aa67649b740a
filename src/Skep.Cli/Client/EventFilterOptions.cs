using System.CommandLine;
using System.CommandLine.Parsing;
using Skep.Tetragon.Api;

namespace Skep.Cli.Client;

/// <summary>Which events are wanted, as options: those that tetra has are called as there. Different options must all hold, of one option's values any.</summary>
sealed class EventFilterOptions
{
    readonly Option<string[]> _types = Names("--event-types", "Kinds of events: exec, exit, kprobe, tracepoint, uprobe, usdt, lsm, loader, throttle; or by their full names.", "kind", "-e");
    readonly Option<string[]> _process = Expressions("--process", "Path of the program.");
    readonly Option<string[]> _arguments = Expressions("--arguments", "Arguments of the program.");
    readonly Option<string[]> _parents = Expressions("--parents", "Path of the parent's program.");
    readonly Option<string[]> _ancestors = Expressions("--ancestors", "Path of an ancestor's program.");
    readonly Option<uint[]> _pids = new("--pids") { Description = "Pids.", HelpName = "pid", DefaultValueFactory = _ => [], CustomParser = Pids };
    readonly Option<uint[]> _pidSets = new("--pid-sets") { Description = "Pids, and all that descends from these processes.", HelpName = "pid", DefaultValueFactory = _ => [], CustomParser = Pids };
    readonly Option<string[]> _policies = Names("--policy-names", "Policies.", "name");
    readonly Option<string[]> _namespaces = Names("--namespace", "Namespaces of pods.", "name", "-n");
    readonly Option<string[]> _namespaceExpressions = Expressions("--namespace-regex", "Namespaces of pods.");
    readonly Option<string[]> _pods = Expressions("--pod", "Names of pods.");
    readonly Option<string[]> _containers = Expressions("--container", "Names of containers in pods.");
    readonly Option<string[]> _containerIds = Names("--container-id", "Ids of containers, or how they begin.", "id");
    readonly Option<string[]> _labels = new("--labels") { Description = "Labels of pods, as Kubernetes selects them: app=web,tier!=db.", HelpName = "selector", DefaultValueFactory = _ => [] };
    readonly Option<string[]> _conditions = new("--cel-expression") { Description = "A condition over the event in CEL: process_exec.process.uid == 0u.", HelpName = "condition", DefaultValueFactory = _ => [] };
    readonly Option<bool> _host = new("--host") { Description = "Processes outside of pods." };
    readonly Option<bool?> _initTree = new("--in-init-tree") { Description = "Processes that a container started with, true, or that came into it later, false.", HelpName = "true|false" };
    readonly Option<string[]> _include = Names("--include-fields", "Print these members alone, such as process.binary.", "member", "-f", "--field");
    readonly Option<string[]> _exclude = Names("--exclude-fields", "Print all but these members.", "member", "-F", "--exclude-field");

    public EventFilterOptions(Command command)
    {
        Option[] all =
        [
            _types, _process, _arguments, _parents, _ancestors, _pids, _pidSets, _policies, _namespaces, _namespaceExpressions, _pods, _containers, _containerIds, _labels, _conditions, _host, _initTree,
            _include, _exclude,
        ];
        foreach (var option in all) command.Options.Add(option);
    }

    /// <summary>The request that the options ask for.</summary>
    /// <exception cref="UserException">A kind of event is not known.</exception>
    public GetEventsRequest Read(ParseResult parsed)
    {
        var filter = new Filter();
        filter.EventSet.AddRange(Split(parsed, _types).Select(TypeOf));
        filter.BinaryRegex.AddRange(parsed.GetValue(_process));
        filter.ArgumentsRegex.AddRange(parsed.GetValue(_arguments));
        filter.ParentBinaryRegex.AddRange(parsed.GetValue(_parents));
        filter.AncestorBinaryRegex.AddRange(parsed.GetValue(_ancestors));
        filter.Pid.AddRange(parsed.GetValue(_pids));
        filter.PidSet.AddRange(parsed.GetValue(_pidSets));
        filter.PolicyNames.AddRange(Split(parsed, _policies));
        filter.Namespace.AddRange(Split(parsed, _namespaces));
        if (parsed.GetValue(_host)) filter.Namespace.Add("");
        filter.NamespaceRegex.AddRange(parsed.GetValue(_namespaceExpressions));
        filter.PodRegex.AddRange(parsed.GetValue(_pods));
        filter.ContainerNameRegex.AddRange(parsed.GetValue(_containers));
        filter.ContainerId.AddRange(Split(parsed, _containerIds));
        filter.Labels.AddRange(parsed.GetValue(_labels));
        filter.CelExpression.AddRange(parsed.GetValue(_conditions));
        if (parsed.GetValue(_initTree) is { } isIn) filter.InInitTree = isIn;
        var request = new GetEventsRequest();
        if (filter.CalculateSize() > 0) request.AllowList.Add(filter);
        AddFields(request, Split(parsed, _include), FieldFilterAction.Include);
        AddFields(request, Split(parsed, _exclude), FieldFilterAction.Exclude);
        return request;
    }

    static void AddFields(GetEventsRequest request, string[] fields, FieldFilterAction action)
    {
        if (fields.Length == 0) return;
        var mask = new Google.Protobuf.WellKnownTypes.FieldMask();
        mask.Paths.AddRange(fields);
        request.FieldFilters.Add(new FieldFilter { Fields = mask, Action = action });
    }

    static EventType TypeOf(string name)
    {
        const string Prefix = "PROCESS_";
        var plain = name.Trim().ToUpperInvariant();
        foreach (var value in EventsReflection.Descriptor.EnumTypes.Single(e => e.Name == nameof(EventType)).Values)
        {
            if (value.Number != 0 && (value.Name == plain || value.Name == Prefix + plain)) return (EventType)value.Number;
        }
        throw new UserException($"'{name}' is no kind of event: exec, exit, kprobe, tracepoint, uprobe, usdt, lsm, loader, throttle or rate_limit_info");
    }

    static string[] Split(ParseResult parsed, Option<string[]> option) => [.. parsed.GetValue(option)!.SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];

    static uint[] Pids(ArgumentResult result)
    {
        var pids = new List<uint>();
        foreach (var text in result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries)))
        {
            if (uint.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var pid)) pids.Add(pid);
            else result.AddError($"'{text}' is no pid");
        }
        return [.. pids];
    }

    static Option<string[]> Names(string name, string description, string what, params string[] aliases) =>
        new(name, aliases) { Description = $"{description} Several with commas.", HelpName = what, DefaultValueFactory = _ => [] };

    static Option<string[]> Expressions(string name, string description) =>
        new(name) { Description = $"{description} A regular expression (RE2); may be given several times.", HelpName = "expression", DefaultValueFactory = _ => [] };
}
