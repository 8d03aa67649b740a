using Skep.Bpf;

namespace Skep.Engine.Hooks;

/// <summary>One place in a file where a hook's program runs.</summary>
/// <param name="Name">The function, the probe, or the offset.</param>
/// <param name="Offset">Where in the file.</param>
/// <param name="Counter">Offset of the counter that is raised while the program is there; 0 for none.</param>
public sealed record UserPlace(string Name, ulong Offset, ulong Counter)
{
    /// <summary>Which instruction it is and what that costs; null on architectures where that is not known.</summary>
    public UprobePlacement? Placement { get; init; }

    /// <summary>Where the arguments of a probe are; empty for functions.</summary>
    public IReadOnlyList<UsdtArgument> Arguments { get; init; } = [];

    /// <summary>The place and its cost, for people.</summary>
    public string Describe()
    {
        // docs/performance.md: a trap, or a trap and a single step.
        var cost = Placement switch { null => "", { IsEmulated: true } => ", about 1 µs a hit", _ => ", about 13 µs a hit" };
        var within = Placement is { Offset: > 0 } placed ? $"+0x{placed.Offset:x}" : "";
        return $"{Name}{within} at 0x{Offset:x}{cost}{(Placement is null ? "" : $": {Placement.Reason}")}";
    }
}
