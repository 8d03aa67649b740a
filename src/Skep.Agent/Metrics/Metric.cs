namespace Skep.Agent.Metrics;

/// <summary>A metric.</summary>
/// <param name="Name">Its name: Tetragon's where it has one.</param>
/// <param name="Type">Its type.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="Help">What it tells.</param>
/// <param name="Labels">Names of its labels.</param>
sealed record Metric(string Name, MetricType Type, string Unit, string Help, params string[] Labels);
