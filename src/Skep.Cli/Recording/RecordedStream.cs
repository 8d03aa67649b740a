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
    public static void Print(IReadOnlyList<string> files, RecordingRange range, GetEventsRequest request, WireSink print) => new RecordingRemarks().Tell(Read(files, range, request, print));

    /// <summary>
    /// Prints what was recorded and goes on live. The agent's stream begins first; when the recorder has caught up, recorded events are printed up to the
    /// first one that the stream has too: none is missing, none comes twice.
    /// </summary>
    /// <param name="directory">What was recorded.</param>
    /// <param name="range">From when on.</param>
    /// <param name="request">The filters.</param>
    /// <param name="agent">The agent.</param>
    /// <param name="print">Gets the events.</param>
    /// <param name="idle">Called when there is no more to print at once.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task Follow(
        RecordingDirectory directory, RecordingRange range, GetEventsRequest request, AgentClient agent, WireSink print, Action idle, CancellationToken cancellation)
    {
        // The stream begins between these two times.
        var asked = DateTimeOffset.UtcNow;
        using var stream = await EventStream.Open(agent, request, cancellation);
        var served = DateTimeOffset.UtcNow;
        var live = Channel.CreateUnbounded<byte[]>();
        var pump = Pump(stream, live.Writer, cancellation);
        var border = Math.Max(RecordingRange.NanosecondsOf(asked - SaveCommand.WriteDelay), range.From);
        var remarks = new RecordingRemarks();
        remarks.Tell(Read(RecordedSource.FilesIn(directory, range), range with { Until = border }, request, print));
        idle();
        var late = served + SaveCommand.WriteDelay - DateTimeOffset.UtcNow;
        if (late > TimeSpan.Zero) await Task.Delay(late, cancellation);
        var early = new List<byte[]>();
        while (live.Reader.TryRead(out var wire)) early.Add(wire);
        foreach (var wire in await CatchUp(directory, range with { From = border }, request, early, remarks, cancellation)) print(wire);
        foreach (var wire in early) print(wire);
        while (true)
        {
            var next = live.Reader.WaitToReadAsync(cancellation);
            if (!next.IsCompleted) idle();
            if (!await next) break;
            while (live.Reader.TryRead(out var wire)) print(wire);
        }
        await pump;
    }

    /// <summary>The recorded events of a time that come before those that the stream has.</summary>
    static async Task<List<byte[]>> CatchUp(RecordingDirectory directory, RecordingRange range, GetEventsRequest request, List<byte[]> streamed, RecordingRemarks remarks, CancellationToken cancellation)
    {
        var known = new HashSet<byte[]>(streamed, new Utf8Comparer());
        var last = new List<byte[]>();
        for (var tries = 0; ; tries++)
        {
            var isMet = false;
            last.Clear();
            var read = Read(directory.SegmentsSince(RecordingRange.TimeOf(range.From)), range, request, wire =>
            {
                isMet |= known.GetAlternateLookup<ReadOnlySpan<byte>>().Contains(wire);
                if (!isMet) last.Add(wire.ToArray());
            });
            // A recorder on a busy machine may be late.
            if (isMet || known.Count == 0 || tries == MostTries)
            {
                remarks.Tell(read);
                return last;
            }
            await Task.Delay(s_pause, cancellation);
        }
    }

    static RecordedEvents Read(IReadOnlyList<string> files, RecordingRange range, GetEventsRequest request, WireSink print)
    {
        var transcoder = new EventTranscoder();
        var events = new RecordedEvents(request, line => print(transcoder.Encode(line)));
        events.Read(files, range);
        return events;
    }

    static async Task Pump(EventStream stream, ChannelWriter<byte[]> writer, CancellationToken cancellation)
    {
        Exception? end = null;
        try
        {
            while (await stream.MoveNext(cancellation)) writer.TryWrite(stream.Current.ToArray());
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException)
        {
            end = error;
        }
        writer.Complete(end);
    }
}
