using System.Globalization;
using Shouldly;
using Skep.Agent.Metrics;
using Skep.Testing;
using Xunit;

namespace Skep.Cli.Tests.Metrics;

public class MetricsTests
{
    static readonly Metric s_metric = new("skep_things_total", MetricType.Counter, "things", "What \\ there\nis.", "name");

    [Fact]
    public void Documentation_lists_exactly_the_metrics_that_there_are()
    {
        var documented = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "metrics.md")).Where(l => l.StartsWith("| `", StringComparison.Ordinal) && l.Count(c => c == '|') == 6)
            .Select(l => l.Split('|', StringSplitOptions.TrimEntries)[1..^1]).ToList();
        documented.Select(row => string.Join(" | ", row)).ShouldBe(AgentMetrics.All.Select(m =>
            string.Join(" | ", $"`{m.Name}`", m.Type == MetricType.Counter ? "counter" : "gauge", m.Unit, string.Join(", ", m.Labels.Select(l => $"`{l}`")), m.Help)));
    }

    [Fact]
    public void Names_say_their_type_and_are_not_given_twice()
    {
        foreach (var metric in AgentMetrics.All)
        {
            metric.Name.EndsWith("_total", StringComparison.Ordinal).ShouldBe(metric.Type == MetricType.Counter, metric.Name);
            metric.Help.ShouldEndWith(".");
        }
        AgentMetrics.All.Select(m => m.Name).ShouldBeUnique();
    }

    [Fact]
    public void Labels_are_escaped_and_equal_ones_summed_up()
    {
        var text = new MetricsText();
        text.Write(s_metric, [new MetricSample(1, "a\"b\\c\nd"), new MetricSample(2.5, "a\"b\\c\nd"), new MetricSample(1e15, "e")]);
        var parsed = PrometheusText.Parse(text.ToString());
        parsed.Value("skep_things_total", ("name", "a\"b\\c\nd")).ShouldBe(3.5);
        parsed.Value("skep_things_total", ("name", "e")).ShouldBe(1e15);
        parsed.Families["skep_things_total"].Help.ShouldBe("What \\\\ there\\nis.");
    }

    [Fact]
    public void Number_of_series_is_bounded_and_nothing_is_left_out_of_the_sum()
    {
        var text = new MetricsText();
        text.Write(s_metric, Enumerable.Range(1, 5000).Select(i => new MetricSample(i, i.ToString(CultureInfo.InvariantCulture))));
        var series = PrometheusText.Parse(text.ToString()).Families["skep_things_total"].Series;
        series.Count.ShouldBe(MetricsText.MostSeries);
        series.Values.Sum().ShouldBe(5000.0 * 5001 / 2);
        series["name=5000"].ShouldBe(5000);
        series["name=_other"].ShouldBeGreaterThan(5000);
    }

    [Theory]
    [InlineData("x 1\n")]
    [InlineData("# HELP x y\n# TYPE x counter\nx -1\n")]
    [InlineData("# HELP x y\n# TYPE x counter\nx 1\nx 1\n")]
    [InlineData("# HELP x y\n# TYPE x counter\nx{a=\"\\t\"} 1\n")]
    [InlineData("# TYPE x counter\nx 1\n")]
    [InlineData("# HELP x y\n# TYPE x counter\nx one\n")]
    public void Reader_of_these_tests_accepts_no_nonsense(string text) => Should.Throw<FormatException>(() => PrometheusText.Parse(text));
}
