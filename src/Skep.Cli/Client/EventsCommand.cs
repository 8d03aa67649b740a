using System.CommandLine;
using Grpc.Core;
using Skep.Agent.Events;
using Skep.Cli.Output;
using Skep.Cli.Recording;
using Skep.Cli.Run;
using Skep.Tetragon.Api;
using Skep.Tetragon.Export;

namespace Skep.Cli.Client;

/// <summary><c>skep events</c>: follows a running agent, from now on or from what was recorded.</summary>
static class EventsCommand
{
    static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(0.5), s_longestPause = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        var command = new Command("events", "Follow the events of a running agent, or print recorded ones. Different filters must all hold, of one filter's values any.");
        var filters = new EventFilterOptions(command);
        var format = new Option<EventFormat>("--output", "-o")
        {
            Description = "How to print events: compact, one line for people, or json, Tetragon's export format.",
            HelpName = "compact|json",
            DefaultValueFactory = _ => EventFormat.Compact,
        };
        // None is for an agent that exports to files alone.
        format.AcceptOnlyFromAmong("compact", "json");
        var colour = new Option<string>("--color") { Description = "Whether compact lines have colours: auto, on a terminal.", HelpName = "auto|always|never", DefaultValueFactory = _ => "auto" };
        colour.AcceptOnlyFromAmong("auto", "always", "never");
        var times = new Option<bool>("--timestamps") { Description = "Start compact lines with the time.", DefaultValueFactory = _ => true };
        var stacks = new Option<bool>("--stack-traces") { Description = "Print the stacks of events below their compact lines." };
        var reconnect = new Option<bool>("--reconnect") { Description = "When the agent ends or is not there yet, try again until it is." };
        var duration = CommonOptions.Duration();
        var recorded = new RecordedSource();
        var noFollow = new Option<bool>("--no-follow") { Description = "End with what was recorded." };
        foreach (var option in (Option[])[format, colour, times, stacks, reconnect, duration, noFollow]) command.Options.Add(option);
        recorded.AddTo(command);
        return command.DoesWithServer(async (address, parsed, cancellation) =>
        {
            var request = filters.Read(parsed);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            if (parsed.GetValue(duration) is { } time) limit.CancelAfter(time);
            await using var output = StandardOutput.Open();
            var printer = new EventPrinter(output, parsed.GetValue(format), new CompactOptions
            {
                IsColoured = parsed.GetValue(colour) switch { "always" => true, "never" => false, _ => Terminal.UsesColour }, ShowsTime = parsed.GetValue(times),
            }, parsed.GetValue(stacks));
            try
            {
                if (recorded.IsWanted(parsed)) await PrintRecorded(recorded, parsed, parsed.GetValue(noFollow), address, request, printer, limit.Token);
                else await Follow(address(), request, printer, parsed.GetValue(reconnect), limit.Token);
            }
            catch (Exception error) when (limit.IsCancellationRequested && error is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
            {
                // The time is over, or the user has seen enough.
            }
            printer.Flush();
        });
    }

    static async Task Follow(string address, GetEventsRequest request, EventPrinter printer, bool reconnects, CancellationToken cancellation)
    {
        var pause = s_firstPause;
        while (true)
        {
            string reason;
            try
            {
                using var client = AgentClient.Find(address);
                try
                {
                    using var stream = await EventStream.Open(client, request, cancellation);
                    await Console.Error.WriteLineAsync("skep: connected");
                    pause = s_firstPause;
                    await Print(stream, printer, cancellation);
                    reason = "the agent has ended the stream";
                    if (!reconnects) throw new UserException(reason);
                }
                catch (RpcException error) when (error.StatusCode is not StatusCode.Cancelled)
                {
                    throw client.Explain(error);
                }
            }
            catch (UserException error) when (reconnects && !error.IsFinal)
            {
                reason = error.Message;
            }
            printer.Flush();
            await Console.Error.WriteLineAsync($"skep: {reason}; trying again in {pause.TotalSeconds:0.#} s");
            await Task.Delay(pause, cancellation);
            pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
        }
    }

    static async Task PrintRecorded(RecordedSource recorded, ParseResult parsed, bool noFollow, Func<string> address, GetEventsRequest request, EventPrinter printer, CancellationToken cancellation)
    {
        var range = recorded.RangeOf(parsed);
        var isOver = noFollow || recorded.FileOf(parsed) is not null || recorded.HasEnd(parsed);
        if (isOver || ServerAddresses.TryParseSocket(address()) is not { } socket || !File.Exists(socket))
        {
            RecordedStream.Print(recorded.FilesOf(parsed), range, request, printer.Print);
            if (!isOver) await Console.Error.WriteLineAsync("skep: no agent runs: there is nothing to follow");
            return;
        }
        using var client = AgentClient.Find(address());
        try
        {
            await RecordedStream.Follow(recorded.DirectoryOf(parsed), range, request, client, printer.Print, printer.Flush, cancellation);
            throw new UserException("the agent has ended the stream");
        }
        catch (RpcException error) when (error.StatusCode is not StatusCode.Cancelled)
        {
            throw client.Explain(error);
        }
    }

    /// <summary>Lines are written out when no more events are there to be taken at once.</summary>
    static async Task Print(EventStream stream, EventPrinter printer, CancellationToken cancellation)
    {
        while (true)
        {
            var next = stream.MoveNext(cancellation);
            if (!next.IsCompleted) printer.Flush();
            if (!await next) return;
            printer.Print(stream.Current);
        }
    }
}
