using Grpc.Core;
using Skep.Tetragon.Api;

namespace Skep.Cli.Client;

/// <summary>Tells a person who follows an agent's events how the agent is: before the first event, and once a minute.</summary>
sealed class HealthHeader : IAsyncDisposable
{
    static readonly TimeSpan s_interval = TimeSpan.FromMinutes(1), s_patience = TimeSpan.FromSeconds(5);

    readonly CancellationTokenSource _stop = new();
    readonly Task _renewed;

    HealthHeader(AgentClient client) => _renewed = Renew(client, _stop.Token);

    /// <summary>Prints the first one, and the others until it is disposed of.</summary>
    public static async Task<HealthHeader> Show(AgentClient client, CancellationToken cancellation)
    {
        await Print(client, cancellation);
        return new HealthHeader(client);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _renewed;
        _stop.Dispose();
    }

    static async Task Renew(AgentClient client, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await Task.Delay(s_interval, cancellation);
                await Print(client, cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // The stream has ended.
        }
    }

    static async Task Print(AgentClient client, CancellationToken cancellation)
    {
        try
        {
            var health = await client.Sensors.GetHealthAsync(new GetHealthStatusRequest(), deadline: DateTime.UtcNow + s_patience, cancellationToken: cancellation);
            foreach (var status in health.HealthStatus) await Console.Error.WriteLineAsync(status.Details);
        }
        catch (RpcException)
        {
            // The stream of events says what is wrong with the agent.
        }
    }
}
