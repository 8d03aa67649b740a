using System.CommandLine;
using Skep.Cli.Output;
using Skep.Tetragon.Api;

namespace Skep.Cli.Client;

/// <summary><c>skep status</c>: whether an agent runs, and how it is.</summary>
static class StatusCommand
{
    public static Command Create() => new Command("status", "Ask a running agent how it is.").Does(async (client, _, cancellation) =>
    {
        var health = await client.Sensors.GetHealthAsync(new GetHealthStatusRequest(), cancellationToken: cancellation);
        var version = await client.Sensors.GetVersionAsync(new GetVersionRequest(), cancellationToken: cancellation);
        foreach (var status in health.HealthStatus) Terminal.WriteLine($"skep {version.Version}: {status.Details}");
    });
}
