namespace Skep.Falco.Loading;

/// <summary>Plugins of which one must be there.</summary>
sealed record PluginRequirement(LoadContext Context, IReadOnlyList<(string Name, FalcoVersion Version)> Alternatives)
{
    public override string ToString() => string.Join(", ", Alternatives.Select(a => $"{a.Name} (>= {a.Version})"));
}
