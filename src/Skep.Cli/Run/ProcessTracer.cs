using System.Diagnostics;
using System.Reflection;
using Skep.Bpf;
using Skep.Cli.Output;
using Skep.Engine.Records;

namespace Skep.Cli.Run;

/// <summary>Attaches <c>bpf/exec.bpf.c</c> and prints its events until told to stop.</summary>
sealed class ProcessTracer : IDisposable
{
    const string Resource = "exec.bpf.o";

    static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(100), s_selfTestLimit = TimeSpan.FromSeconds(10);

    readonly BpfObject _object;
    readonly List<BpfLink> _links = [];
    readonly RingBufferReader _reader = new();
    readonly IEventSink _sink;
    readonly EventCollector _collector;
    readonly BpfVariable _lost;
    long _reportedLoss;

    ProcessTracer(BpfObject loaded, IEventSink sink, string mark)
    {
        _object = loaded;
        _sink = sink;
        _lost = loaded.Variables["lost"];
        _collector = new EventCollector(sink, SelfTest.Bytes(mark));
        _reader.Add(loaded.Maps["events"], _collector, () => (long)_lost.Get<ulong>());
    }

    /// <summary>Loads, attaches, and returns once an event of our own has come back.</summary>
    /// <exception cref="UserException">The event did not come back.</exception>
    public static ProcessTracer Start(OutputFormat format)
    {
        var mark = SelfTest.NewMark();
        var tracer = new ProcessTracer(Load(), CreateSink(format), mark);
        try
        {
            foreach (var program in tracer._object.Programs.Values) tracer._links.Add(program.Attach());
            SelfTest.Run(mark);
            tracer.AwaitMark();
            return tracer;
        }
        catch
        {
            tracer.Dispose();
            throw;
        }
    }

    /// <summary>Prints events until the time is over or <paramref name="cancellation"/>. Returns the exit code.</summary>
    public int Run(TimeSpan? duration, CancellationToken cancellation)
    {
        Console.Error.WriteLine("skep: ready");
        var started = Stopwatch.GetTimestamp();
        using var registration = cancellation.Register(static reader => ((RingBufferReader)reader!).Wake(), _reader);
        while (!cancellation.IsCancellationRequested)
        {
            var left = duration - Stopwatch.GetElapsedTime(started) ?? s_pollInterval;
            if (left <= TimeSpan.Zero) break;
            _reader.Poll(left < s_pollInterval ? left : s_pollInterval);
            _sink.Flush();
            ReportLoss();
        }
        foreach (var link in _links) link.Dispose();
        _links.Clear();
        _reader.Consume();
        _sink.Flush();
        var lost = _reader.Statistics.Lost;
        Console.Error.WriteLine($"skep: {_collector.Events} events, {lost} lost{(_collector.Malformed > 0 ? $", {_collector.Malformed} malformed" : "")}");
        return SkepCommand.Success;
    }

    public void Dispose()
    {
        foreach (var link in _links) link.Dispose();
        _reader.Dispose();
        _object.Dispose();
        (_sink as IDisposable)?.Dispose();
    }

    void AwaitMark()
    {
        var started = Stopwatch.GetTimestamp();
        while (!_collector.HasSeenMark)
        {
            if (Stopwatch.GetElapsedTime(started) > s_selfTestLimit)
            {
                throw new UserException("the programs are attached, but the event that skep made itself did not come back; see skep doctor");
            }
            _reader.Poll(s_pollInterval);
        }
        _sink.Flush();
    }

    void ReportLoss()
    {
        var lost = _reader.Statistics.Lost;
        if (lost == _reportedLoss) return;
        Console.Error.WriteLine($"skep: {lost - _reportedLoss} events lost, the ring buffer was full");
        _reportedLoss = lost;
    }

    static BpfObject Load()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Resource) ?? throw new UserException($"{Resource} is not in this binary");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return BpfObject.Load(ObjectSpec.Parse(bytes, Resource));
    }

    static IEventSink CreateSink(OutputFormat format)
    {
        var clock = new BootClock();
        return format == OutputFormat.Json
            ? new JsonSink(Console.OpenStandardOutput(), clock)
            : new TableSink(new StreamWriter(Console.OpenStandardOutput(), bufferSize: 1 << 14), clock, Terminal.UsesColour);
    }
}
