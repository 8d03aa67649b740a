namespace Skep.Engine.Runtime;

/// <summary>What the engine did, lost and costs, at one time.</summary>
public sealed record EngineStatistics
{
    /// <summary>By hook, since the engine started: events, and losses by cause.</summary>
    public required IReadOnlyList<HookStatistics> Hooks { get; init; }

    /// <summary>By policy in force; a policy that stays keeps its counts when policies are loaded again.</summary>
    public required IReadOnlyList<PolicyStatistics> Policies { get; init; }

    /// <summary>What is attached, by hook.</summary>
    public required IReadOnlyList<ProgramCost> Programs { get; init; }

    /// <summary>Bytes of kernel memory by map.</summary>
    public required IReadOnlyDictionary<string, long> Maps { get; init; }

    /// <summary>Records that came out of the ring.</summary>
    public long Received { get; init; }

    /// <summary>Records that could not be understood.</summary>
    public long Malformed { get; init; }

    /// <summary>Matches that the kernel let through because it cannot decide them, and that user space dropped.</summary>
    public long Dropped { get; init; }

    /// <summary>Matches that belong to no rule or policy: constants that the kernel and user space understand differently. There should be none.</summary>
    public long Unclaimed { get; init; }

    /// <summary>Records of policies of the agent before, whose meaning is not known.</summary>
    public long Orphaned { get; init; }

    /// <summary>Events that waited for what a runtime knows of their container, and were dropped because too many did.</summary>
    public long Undecided { get; init; }

    /// <summary>Files and answers of container runtimes that were not what they should be.</summary>
    public long MalformedContainerStates { get; init; }

    /// <summary>Bytes that the processes take in this process.</summary>
    public long ProcessTreeBytes { get; init; }

    /// <summary>Bytes of kernel memory in all maps.</summary>
    public long MapBytes => Maps.Values.Sum();
}
