namespace Skep.Agent.Metrics;

/// <summary>Types of Prometheus.</summary>
enum MetricType
{
    /// <summary>Only grows.</summary>
    Counter,

    /// <summary>Goes up and down.</summary>
    Gauge,
}
