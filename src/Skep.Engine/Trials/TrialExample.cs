using Skep.Engine.Processes;

namespace Skep.Engine.Trials;

/// <summary>An event that a policy would have matched.</summary>
public sealed record TrialExample
{
    /// <summary>When, nanoseconds since 1970.</summary>
    public required long Time { get; init; }

    /// <summary>The process.</summary>
    public required ProcessId Process { get; init; }

    /// <summary>The node that it ran on; empty when the recording does not tell.</summary>
    public required string Node { get; init; }

    /// <summary>Its executable.</summary>
    public required string Executable { get; init; }

    /// <summary>Its arguments without the program's name, with blanks between them.</summary>
    public required string Arguments { get; init; }

    /// <summary>Which of the hook's rules would have matched; -1 when it has none.</summary>
    public required int Rule { get; init; }

    /// <summary>What would have been done.</summary>
    public required TrialVerdict Verdict { get; init; }
}
