namespace Skep.Falco;

/// <summary>How rule files are loaded.</summary>
public sealed record FalcoLoadOptions
{
    /// <summary>Rules that are less grave are left out.</summary>
    public FalcoPriority MinimumPriority { get; init; } = FalcoPriority.Debug;

    /// <summary>Whether the fields of containers are appended to every output.</summary>
    public bool AppendSuggestedOutput { get; init; } = true;

    /// <summary>Switches rules on and off after loading, in order.</summary>
    public IReadOnlyList<FalcoSelection> Selections { get; init; } = [];
}
