using System.CommandLine;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Skep.Cli.Output;
using Skep.Tetragon.Api;

namespace Skep.Cli.Client;

/// <summary><c>skep events</c>: follows a running agent.</summary>
static class EventsCommand
{
    public static Command Create()
    {
        var duration = CommonOptions.Duration();
        return new Command("events", "Follow the events of a running agent, as export JSON, one a line.") { duration }.Does(async (client, parsed, cancellation) =>
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            if (parsed.GetValue(duration) is { } time) limit.CancelAfter(time);
            using var call = client.Sensors.GetEvents(new GetEventsRequest(), cancellationToken: limit.Token);
            await call.ResponseHeadersAsync;
            await Console.Error.WriteLineAsync("skep: connected");
            var json = new JsonFormatter(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true));
            await using var output = Console.OpenStandardOutput();
            try
            {
                while (await call.ResponseStream.MoveNext(limit.Token))
                {
                    await output.WriteAsync(Encoding.UTF8.GetBytes(json.Format(call.ResponseStream.Current) + "\n"), limit.Token);
                }
            }
            catch (Exception error) when (limit.IsCancellationRequested && error is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
            {
                // The time is over, or the user has seen enough.
            }
        });
    }
}
