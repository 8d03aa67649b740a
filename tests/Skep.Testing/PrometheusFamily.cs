namespace Skep.Testing;

/// <summary>A metric as it was read.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">counter or gauge.</param>
/// <param name="Help">What it tells.</param>
public sealed record PrometheusFamily(string Name, string Type, string Help)
{
    /// <summary>Values by labels, <c>a=1,b=2</c> in order of their names.</summary>
    public Dictionary<string, double> Series { get; } = new(StringComparer.Ordinal);
}
