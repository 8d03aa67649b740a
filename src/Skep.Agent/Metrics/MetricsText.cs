using System.Globalization;
using System.Text;

namespace Skep.Agent.Metrics;

/// <summary>
/// Writes metrics in the text format of Prometheus, version 0.0.4. A metric has at most <see cref="MostSeries"/> series: what is beyond is summed up in one whose
/// labels are <c>_other</c>, so that no number of policies makes a monitoring system suffer.
/// </summary>
sealed class MetricsText
{
    /// <summary>Series that a metric may have.</summary>
    public const int MostSeries = 1000;

    const string Other = "_other";

    readonly StringBuilder _text = new();

    public void Write(Metric metric, double value) => Write(metric, [new MetricSample(value)]);

    public void Write(Metric metric, IEnumerable<MetricSample> samples)
    {
        _text.Append("# HELP ").Append(metric.Name).Append(' ').Append(metric.Help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('\n');
        _text.Append("# TYPE ").Append(metric.Name).Append(metric.Type == MetricType.Counter ? " counter\n" : " gauge\n");
        // The same labels twice would make the whole page invalid.
        var series = samples.GroupBy(s => string.Join('\0', s.Labels), StringComparer.Ordinal).Select(s => new MetricSample(s.Sum(one => one.Value), s.First().Labels)).ToList();
        if (series.Count > MostSeries)
        {
            series = [.. series.OrderByDescending(s => s.Value)];
            var others = new MetricSample(series.Skip(MostSeries - 1).Sum(s => s.Value), [.. metric.Labels.Select(_ => Other)]);
            series = [.. series.Take(MostSeries - 1), others];
        }
        foreach (var sample in series) Sample(metric, sample);
    }

    public override string ToString() => _text.ToString();

    void Sample(Metric metric, in MetricSample sample)
    {
        if (sample.Labels.Length != metric.Labels.Length) throw new InvalidOperationException($"{metric.Name} has {metric.Labels.Length} labels, not {sample.Labels.Length}");
        _text.Append(metric.Name);
        for (var i = 0; i < metric.Labels.Length; i++)
        {
            _text.Append(i == 0 ? '{' : ',').Append(metric.Labels[i]).Append("=\"").Append(Escape(sample.Labels[i])).Append('"');
        }
        if (metric.Labels.Length > 0) _text.Append('}');
        _text.Append(' ').Append(sample.Value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
    }

    static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
