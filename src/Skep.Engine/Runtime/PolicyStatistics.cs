using Skep.Engine.Rules;

namespace Skep.Engine.Runtime;

/// <summary>What one policy did and costs.</summary>
public sealed record PolicyStatistics
{
    /// <summary>The policy.</summary>
    public required Policy Policy { get; init; }

    /// <summary>Whether it acts.</summary>
    public PolicyMode Mode { get; init; }

    /// <summary>Events that it has had.</summary>
    public long Events { get; init; }

    /// <summary>
    /// Its share of the kernel memory that exists because of policies: programs and tables are shared out by the number of rules that each policy has there, so that the
    /// shares of all are the whole.
    /// </summary>
    public long KernelBytes { get; init; }

    /// <summary>Its rules, by hook.</summary>
    public required IReadOnlyList<RuleStatistics> Rules { get; init; }
}
