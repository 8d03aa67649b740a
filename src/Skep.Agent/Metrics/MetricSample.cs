namespace Skep.Agent.Metrics;

/// <summary>A value.</summary>
/// <param name="Value">The value.</param>
/// <param name="Labels">Values of the metric's labels.</param>
readonly record struct MetricSample(double Value, params string[] Labels);
