using System.CommandLine;
using Grpc.Core;

namespace Skep.Cli.Client;

/// <summary>What the verbs have in common that talk to a running agent.</summary>
static class AgentCommand
{
    /// <summary>Adds the agent's address to a verb and what it does with the agent.</summary>
    public static Command Does(this Command command, Func<AgentClient, ParseResult, CancellationToken, Task> action)
    {
        var server = CommonOptions.Server();
        command.Add(server);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var client = AgentClient.Find(parsed.GetValue(server)!);
            try
            {
                await action(client, parsed, cancellation);
                return SkepCommand.Success;
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Cancelled && cancellation.IsCancellationRequested)
            {
                return SkepCommand.Success;
            }
            catch (RpcException error)
            {
                throw client.Explain(error);
            }
        });
        return command;
    }
}
