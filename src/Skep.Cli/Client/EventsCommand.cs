using System.CommandLine;
using System.CommandLine.Invocation;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Skep.Cli.Output;
using Skep.Cli.Recording;
using Skep.Cli.Run;
using Skep.Tetragon.Api;

namespace Skep.Cli.Client;

/// <summary><c>skep events</c>: follows a running agent.</summary>
static class EventsCommand
{
    public static Command Create()
    {
        var duration = CommonOptions.Duration();
        var recorded = new RecordedSource();
        var noFollow = new Option<bool>("--no-follow") { Description = "End with what was recorded." };
        var command = new Command("events", "Follow the events of a running agent, or print recorded ones, as export JSON, one a line.") { duration, noFollow }.Does(async (client, parsed, cancellation) =>
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            if (parsed.GetValue(duration) is { } time) limit.CancelAfter(time);
            using var call = client.Sensors.GetEvents(new GetEventsRequest(), cancellationToken: limit.Token);
            await call.ResponseHeadersAsync;
            await Console.Error.WriteLineAsync("skep: connected");
            var json = Formatter();
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
        recorded.AddTo(command);
        var follow = (AsynchronousCommandLineAction)command.Action!;
        command.SetAction(async (parsed, cancellation) =>
        {
            if (!recorded.IsWanted(parsed)) return await follow.InvokeAsync(parsed, cancellation);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            if (parsed.GetValue(duration) is { } time) limit.CancelAfter(time);
            var isOver = parsed.GetValue(noFollow) || recorded.FileOf(parsed) is not null || recorded.HasEnd(parsed);
            await PrintRecorded(recorded, isOver, parsed, limit.Token);
            return SkepCommand.Success;
        });
        return command;
    }

    static async Task PrintRecorded(RecordedSource recorded, bool isOver, ParseResult parsed, CancellationToken cancellation)
    {
        var json = Formatter();
        using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false), 1 << 16) { NewLine = "\n" };
        var (range, request) = (recorded.RangeOf(parsed), new GetEventsRequest());
        var socket = ServerAddresses.TryParseSocket(parsed.GetValue<string>("--server-address")!);
        if (isOver || socket is null || !File.Exists(socket))
        {
            RecordedStream.Print(recorded.FilesOf(parsed), range, request, response => output.WriteLine(json.Format(response)));
            if (!isOver) await Console.Error.WriteLineAsync("skep: no agent runs: there is nothing to follow");
            return;
        }
        using var client = AgentClient.Find(socket);
        // Whoever reads this live waits for the line.
        output.AutoFlush = true;
        try
        {
            await RecordedStream.Follow(recorded.DirectoryOf(parsed), range, request, client, response => output.WriteLine(json.Format(response)), cancellation);
        }
        catch (Exception error) when (cancellation.IsCancellationRequested && error is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            // The time is over, or the user has seen enough.
        }
        catch (RpcException error)
        {
            throw client.Explain(error);
        }
    }

    static JsonFormatter Formatter() => new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true));
}
