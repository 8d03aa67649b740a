namespace Skep.Engine.Rules;

/// <summary>A boolean tree over facts of an event and its process.</summary>
public abstract record Condition
{
    /// <summary>Holds always.</summary>
    public static Condition True { get; } = new All([]);

    /// <summary>Holds never.</summary>
    public static Condition False { get; } = new Any([]);
}

/// <summary>Holds when all parts do; an empty one holds.</summary>
/// <param name="Parts">The parts.</param>
public sealed record All(IReadOnlyList<Condition> Parts) : Condition;

/// <summary>Holds when some part does; an empty one does not.</summary>
/// <param name="Parts">The parts.</param>
public sealed record Any(IReadOnlyList<Condition> Parts) : Condition;

/// <summary>Holds when its part does not.</summary>
/// <param name="Part">The part.</param>
public sealed record Not(Condition Part) : Condition;

/// <summary>A value that the hook captures meets a predicate.</summary>
/// <param name="Value">Its place in <see cref="HookRequest.Values"/>.</param>
/// <param name="Predicate">What it meets.</param>
public sealed record ValueCondition(int Value, Predicate Predicate) : Condition;

/// <summary>Two numbers made of captured ones compare so.</summary>
/// <param name="Left">The first one.</param>
/// <param name="Comparison">How they compare.</param>
/// <param name="Right">The second one.</param>
public sealed record ComparisonCondition(NumberExpression Left, NumberComparison Comparison, NumberExpression Right) : Condition;

/// <summary>The executable of a process in the family meets one of the patterns.</summary>
/// <param name="Patterns">The patterns, any of which is enough.</param>
/// <param name="Relation">Whose executable.</param>
public sealed record ExecutableCondition(IReadOnlyList<Matching.TextPattern> Patterns, ProcessRelation Relation) : Condition;

/// <summary>The process is one of these.</summary>
/// <param name="Pids">Pids, of the initial pid namespace or of the process's own.</param>
/// <param name="InNamespace">Whether they are of the process's own pid namespace.</param>
/// <param name="WithDescendants">Whether descendants are meant too.</param>
public sealed record PidCondition(IReadOnlyList<uint> Pids, bool InNamespace, bool WithDescendants) : Condition;

/// <summary>The process is in one of these namespaces.</summary>
/// <param name="Kind">Kind of namespace.</param>
/// <param name="Inodes">Their inode numbers.</param>
public sealed record NamespaceCondition(NamespaceKind Kind, IReadOnlyList<uint> Inodes) : Condition;

/// <summary>The process has any of these capabilities.</summary>
/// <param name="Set">In which set.</param>
/// <param name="Mask">The capabilities, a bit each.</param>
/// <param name="InOtherUserNamespace">Only processes outside of the initial user namespace count.</param>
public sealed record CapabilityCondition(CapabilityKind Set, ulong Mask, bool InOtherUserNamespace) : Condition;

/// <summary>Since its last execution, or since this was last seen, the process has changed one of these namespaces.</summary>
/// <param name="Kinds">Kinds of namespace.</param>
public sealed record NamespaceChangeCondition(IReadOnlyList<NamespaceKind> Kinds) : Condition;

/// <summary>Since its last execution, or since this was last seen, the process has gained or lost one of these capabilities.</summary>
/// <param name="Set">In which set.</param>
/// <param name="Mask">The capabilities, a bit each.</param>
/// <param name="InOtherUserNamespace">Only processes outside of the initial user namespace count.</param>
public sealed record CapabilityChangeCondition(CapabilityKind Set, ulong Mask, bool InOtherUserNamespace) : Condition;

/// <summary>The process's control group belongs to one of these workloads; user space keeps the set of groups.</summary>
/// <param name="Workload">What to look for.</param>
public sealed record WorkloadCondition(Workload Workload) : Condition;
