using System.CommandLine;
using Grpc.Core;
using Skep.Cli.Run;

namespace Skep.Cli.Client;

/// <summary>What the verbs have in common that talk to a running agent.</summary>
static class AgentCommand
{
    /// <summary>Adds the agent's address to a verb and what it does with the agent.</summary>
    public static Command Does(this Command command, Func<AgentClient, ParseResult, CancellationToken, Task> action) => command.DoesWithServer(async (address, parsed, cancellation) =>
    {
        using var client = AgentClient.Find(address());
        try
        {
            await action(client, parsed, cancellation);
        }
        catch (RpcException error) when (!cancellation.IsCancellationRequested)
        {
            throw client.Explain(error);
        }
    });

    /// <summary>As <see cref="Does"/>, for a verb that finds the agent itself, if it needs one: where it is may be a mistake in the configuration.</summary>
    public static Command DoesWithServer(this Command command, Func<Func<string>, ParseResult, CancellationToken, Task> action)
    {
        var server = CommonOptions.Server();
        command.Add(server);
        command.SetAction(async (parsed, cancellation) =>
        {
            try
            {
                await action(() => parsed.GetValue(server) ?? HostConfiguration.ServerAddress(Environment.GetEnvironmentVariables()), parsed, cancellation);
                return SkepCommand.Success;
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Cancelled && cancellation.IsCancellationRequested)
            {
                return SkepCommand.Success;
            }
        });
        return command;
    }
}
