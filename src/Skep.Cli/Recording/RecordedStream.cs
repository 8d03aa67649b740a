using System.Threading.Channels;
using Grpc.Core;
using Skep.Agent.Recording;
using Skep.Cli.Client;
using Skep.Engine.Recording;
using Skep.Tetragon.Api;

namespace Skep.Cli.Recording;

/// <summary>Recorded events, and then those of a running agent from where the recording ends.</summary>
static class RecordedStream
{
    const int MostTries = 4;

    static readonly TimeSpan s_pause = TimeSpan.FromSeconds(0.5);

    /// <summary>Prints what was recorded.</summary>
    public static void Print(IReadOnlyList<string> files, RecordingRange range, GetEventsRequest request, Action<GetEventsResponse> print)
    {
        var transcoder = new EventTranscoder();
        var events = new RecordedEvents(request, line => print(GetEventsResponse.Parser.ParseFrom(transcoder.Encode(line))));
        events.Read(files, range);
        foreach (var fault in events.Faults) Console.Error.WriteLine($"skep: {fault}");
        if (events.Malformed > 0) Console.Error.WriteLine($"skep: {events.Malformed} entries of the recording make no sense or refer to a damaged part");
        SaveCommand.Tell(events.Lost);
    }

    /// <summary>
    /// Prints what was recorded and goes on live. The agent's stream begins first; when the recorder has caught up, recorded events are printed up to the
    /// first one that the stream has too: none is missing, none comes twice.
    /// </summary>
    public static async Task Follow(RecordingDirectory directory, RecordingRange range, GetEventsRequest request, AgentClient agent, Action<GetEventsResponse> print, CancellationToken cancellation)
    {
        // The stream begins between these two times.
        var asked = DateTimeOffset.UtcNow;
        using var call = agent.Sensors.GetEvents(request, cancellationToken: cancellation);
        await call.ResponseHeadersAsync;
        var served = DateTimeOffset.UtcNow;
        var live = Channel.CreateUnbounded<GetEventsResponse>();
        var pump = Pump(call.ResponseStream, live.Writer, cancellation);
        var border = Math.Max(RecordingRange.NanosecondsOf(asked - SaveCommand.WriteDelay), range.From);
        Print(RecordedSource.FilesIn(directory, range), range with { Until = border }, request, print);
        var late = served + SaveCommand.WriteDelay - DateTimeOffset.UtcNow;
        if (late > TimeSpan.Zero) await Task.Delay(late, cancellation);
        var (early, known) = (new List<GetEventsResponse>(), new HashSet<GetEventsResponse>());
        while (live.Reader.TryRead(out var response))
        {
            early.Add(response);
            known.Add(response);
        }
        var last = new List<GetEventsResponse>();
        for (var tries = 0; ; tries++)
        {
            var isMet = false;
            last.Clear();
            Print(directory.SegmentsSince(RecordingRange.TimeOf(border)), range with { From = border }, request, response =>
            {
                isMet |= known.Contains(response);
                if (!isMet) last.Add(response);
            });
            // A recorder on a busy machine may be late.
            if (isMet || known.Count == 0 || tries == MostTries) break;
            await Task.Delay(s_pause, cancellation);
        }
        foreach (var response in last) print(response);
        foreach (var response in early) print(response);
        await foreach (var response in live.Reader.ReadAllAsync(cancellation)) print(response);
        await pump;
    }

    static async Task Pump(IAsyncStreamReader<GetEventsResponse> stream, ChannelWriter<GetEventsResponse> writer, CancellationToken cancellation)
    {
        Exception? end = null;
        try
        {
            while (await stream.MoveNext(cancellation)) writer.TryWrite(stream.Current);
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException)
        {
            end = error;
        }
        writer.Complete(end);
    }
}
