using System.CommandLine;
using System.Globalization;
using System.Net;
using Skep.Agent.Health;

namespace Skep.Cli.Run;

/// <summary>Options of <c>skep run</c> about metrics and about what the agent may take.</summary>
sealed class HealthFlags
{
    static readonly ResourceBudget s_defaults = new();

    readonly Option<string> _metrics = new("--metrics-server")
    {
        Description = "Where /metrics and /healthz are served over HTTP, to everybody who gets there; ':2112' is this host alone.", HelpName = "address:port", DefaultValueFactory = _ => "",
    };

    readonly Option<string> _cpu = new("--cpu-budget")
    {
        Description = "Share of all processors that the agent may take; more is told.", HelpName = "percent", DefaultValueFactory = _ => string.Create(CultureInfo.InvariantCulture, $"{s_defaults.Cpu * 100:0.##}%"),
    };

    readonly Option<string> _memory = new("--memory-budget")
    {
        Description = "Memory that the agent may take; more is told.", HelpName = "bytes", DefaultValueFactory = _ => string.Create(CultureInfo.InvariantCulture, $"{s_defaults.Memory / 1_000_000}M"),
    };

    public HealthFlags(Command command)
    {
        foreach (var option in (Option[])[_metrics, _cpu, _memory]) command.Add(option);
    }

    /// <summary>Where metrics are served; null for nowhere.</summary>
    /// <exception cref="UserException">It is no address.</exception>
    public IPEndPoint? MetricsAddressOf(ParseResult parsed) => parsed.GetValue(_metrics) is { Length: > 0 } text and not "none" ? ParseAddress(text) : null;

    /// <summary>What the agent may take.</summary>
    /// <exception cref="UserException">It cannot be read.</exception>
    public ResourceBudget BudgetOf(ParseResult parsed) => new(ParseShare(parsed.GetValue(_cpu)!), ParseBytes(parsed.GetValue(_memory)!));

    internal static IPEndPoint ParseAddress(string text)
    {
        var address = text.StartsWith(':') ? $"127.0.0.1{text}" : text.StartsWith("localhost:", StringComparison.Ordinal) ? $"127.0.0.1{text["localhost".Length..]}" : text;
        // Else a number alone would be an address.
        return address.Contains(':', StringComparison.Ordinal) && IPEndPoint.TryParse(address, out var place) && place.Port != 0
            ? place
            : throw new UserException($"--metrics-server: '{text}' is no address: write 127.0.0.1:2112, [::1]:2112 or :2112");
    }

    internal static double ParseShare(string text) =>
        double.TryParse(text.TrimEnd('%').TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent is > 0 and <= 100
            ? percent / 100
            : throw new UserException($"--cpu-budget: '{text}' is no share of the machine: write 2% or 0.5%");

    internal static long ParseBytes(string text)
    {
        var digits = text.TrimEnd('k', 'K', 'm', 'M', 'g', 'G');
        long? unit = text[digits.Length..] switch { "" => 1, "k" or "K" => 1000, "m" or "M" => 1_000_000, "g" or "G" => 1_000_000_000, _ => null };
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && unit is { } bytes && number is > 0 and < 1_000_000_000_000 && number <= long.MaxValue / bytes
            ? number * bytes
            : throw new UserException($"--memory-budget: '{text}' is no size: write 80M or 80000000");
    }
}
