namespace Skep.Engine.Rules;

/// <summary>A named set of hooks that is loaded, switched and removed together.</summary>
public sealed record Policy
{
    /// <summary>Name, unique within its namespace.</summary>
    public required string Name { get; init; }

    /// <summary>Namespace; empty for a policy of the whole cluster or host.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>Its hooks.</summary>
    public IReadOnlyList<HookRequest> Hooks { get; init; } = [];

    /// <summary>Whether it acts, or only reports what it would have done.</summary>
    public PolicyMode Mode { get; init; }

    /// <summary>Which workloads it is about; null for all of the host.</summary>
    public Workload? Scope { get; init; }

    /// <summary>Whether every function is attached by itself, also where one link could serve many.</summary>
    public bool AttachesSingly { get; init; }

    /// <summary>Whether it wants to see the programs and libraries that processes map to run them.</summary>
    public bool ReportsMappings { get; init; }

    /// <summary>Whether it, or a rule of it, is about some workloads only.</summary>
    public bool IsAboutWorkloads => Scope is not null || Hooks.Any(h => h.Rules.Any(r => r.IsAboutWorkloads));
}

/// <summary>Whether a policy acts.</summary>
public enum PolicyMode
{
    /// <summary>Signals are sent, errors returned.</summary>
    Enforce,

    /// <summary>What would have been done is reported and counted.</summary>
    Monitor,

    /// <summary>Nothing is looked at.</summary>
    Disabled,
}
