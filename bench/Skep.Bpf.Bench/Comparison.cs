using System.Globalization;

namespace Skep.Bpf.Bench;

/// <summary>Numbers of two sides taken in turn, so that what else the machine does hits both; the median of the rounds speaks for each.</summary>
sealed class Comparison(string what, string unit)
{
    readonly List<double> _ours = [], _theirs = [];

    public void Add(double ours, double theirs)
    {
        _ours.Add(ours);
        _theirs.Add(theirs);
    }

    public double Ratio => Median(_ours) / Median(_theirs);

    public string Row(params ReadOnlySpan<string> more) =>
        $"| {what} | {Format(Median(_ours))} {unit} | {Format(Median(_theirs))} {unit} | {Ratio.ToString("F2", CultureInfo.InvariantCulture)} |{string.Concat(more.ToArray().Select(m => $" {m} |"))}";

    public static double Median(List<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? double.NaN : (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    static string Format(double value) => value.ToString(value >= 100 ? "F0" : "F2", CultureInfo.InvariantCulture);
}
