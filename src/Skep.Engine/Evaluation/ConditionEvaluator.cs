using Skep.Engine.Containers;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;

namespace Skep.Engine.Evaluation;

/// <summary>
/// Decides a condition in user space as the kernel's programs do, as far as a record and what is known of its process tell. Made once for a rule;
/// may be used by one thread at a time.
/// </summary>
public sealed class ConditionEvaluator
{
    readonly EvaluationNode _root;

    ConditionEvaluator(EvaluationNode root) => _root = root;

    /// <summary>Prepares a condition.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="values">The values of its request.</param>
    /// <param name="assumesUnchanged">
    /// Whether namespaces and capabilities are taken to be those of the process's last execution. Else conditions on them are unknown: no record tells
    /// what a process did to itself since.
    /// </param>
    /// <exception cref="Matching.PatternSyntaxException">A pattern is wrong.</exception>
    /// <exception cref="ArgumentException">A predicate does not fit the value's kind.</exception>
    public static ConditionEvaluator Compile(Condition condition, IReadOnlyList<ValueSpec> values, bool assumesUnchanged = false)
    {
        ArgumentNullException.ThrowIfNull(condition);
        ArgumentNullException.ThrowIfNull(values);
        return new ConditionEvaluator(new EvaluationCompiler(values, assumesUnchanged).Compile(condition));
    }

    /// <summary>Prepares what a condition says of workloads; all else of it is unknown.</summary>
    internal static ConditionEvaluator CompileWorkloads(Condition condition) => new(EvaluationCompiler.CompileWorkloads(condition));

    /// <summary>Decides it for an event.</summary>
    public Truth Evaluate(in HookEvent hookEvent) => Evaluate(hookEvent.Record, hookEvent.Places, hookEvent.Process);

    /// <summary>Decides it for a record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="places">For each value of the request its place in the record's table; empty when the places are the same.</param>
    /// <param name="process">The process that ran into the hook; null when that is not known.</param>
    public Truth Evaluate(in HookRecord record, ReadOnlySpan<byte> places, ProcessInfo? process) => _root.Evaluate(new EvaluationFacts(record, places, process, false, null));

    /// <summary>Decides what it says of a process and its container, null for the host; what an event would tell is unknown.</summary>
    internal Truth Evaluate(ProcessInfo process, ContainerInfo? container) => _root.Evaluate(new EvaluationFacts(default, [], process, true, container));

    /// <summary>Decides it for a record of a process whose container is known; null for the host.</summary>
    internal Truth Evaluate(in HookRecord record, ReadOnlySpan<byte> places, ProcessInfo? process, ContainerInfo? container) =>
        _root.Evaluate(new EvaluationFacts(record, places, process, true, container));
}
