using Skep.Engine.Containers;
using Skep.Engine.Evaluation;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;

namespace Skep.Engine.Trials;

/// <summary>Finds the part of a rule that could not be decided of an event.</summary>
sealed class UndecidedReasons
{
    readonly List<(Condition Part, ConditionEvaluator Evaluator)> _parts = [];
    readonly IReadOnlyList<ValueSpec> _values;

    public UndecidedReasons(IEnumerable<Condition> conditions, IReadOnlyList<ValueSpec> values)
    {
        _values = values;
        foreach (var part in conditions.SelectMany(Parts)) _parts.Add((part, ConditionEvaluator.Compile(part, values, assumesUnchanged: true)));
    }

    public string Find(in HookRecord record, ReadOnlySpan<byte> places, ProcessInfo? process, ContainerInfo? container, bool knowsContainer)
    {
        foreach (var (part, evaluator) in _parts)
        {
            var truth = knowsContainer ? evaluator.Evaluate(record, places, process, container) : evaluator.Evaluate(record, places, process);
            if (truth == Truth.Unknown) return Describe(part);
        }
        return "not decided";
    }

    static IEnumerable<Condition> Parts(Condition condition) => condition switch
    {
        All all => all.Parts.SelectMany(Parts),
        Any any => any.Parts.SelectMany(Parts),
        Not not => Parts(not.Part),
        _ => [condition],
    };

    string Describe(Condition part) => part switch
    {
        ValueCondition value => $"{NameOf(value.Value)} was not recorded with the event",
        ComparisonCondition => "a number that it compares was not recorded with the event",
        ExecutableCondition { Relation: ProcessRelation.Self } => "the process's executable is not known",
        ExecutableCondition => "the process's ancestors are not all known",
        PidCondition => "the process's pid in its namespace, or its ancestors, are not known",
        NamespaceCondition space => $"the process's {space.Kind} namespace is not known",
        WorkloadCondition => "what the runtime knows of the container was not known yet",
        NamespaceChangeCondition or CapabilityChangeCondition => "only the kernel sees a process change itself",
        _ => $"only the kernel decides: {ConditionPrinter.Print(part)}",
    };

    string NameOf(int value)
    {
        var spec = _values[value];
        var name = spec.Label.Length > 0 ? $"'{spec.Label}'" : spec.Source switch
        {
            ValueSource.Returned => "the returned value",
            ValueSource.CurrentTask when spec.Path.Length > 0 => $"the task's {spec.Path}",
            _ => $"argument {spec.Index}{(spec.Path.Length > 0 ? $" ({spec.Path})" : "")}",
        };
        return $"{name} ({spec.Kind})";
    }
}
