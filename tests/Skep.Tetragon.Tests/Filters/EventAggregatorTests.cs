using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using Shouldly;
using Skep.Engine.Processes;
using Skep.Tetragon.Api;
using Skep.Tetragon.Filters;
using Skep.Tetragon.Tests.Export;
using Xunit;

namespace Skep.Tetragon.Tests.Filters;

public class EventAggregatorTests
{
    readonly List<string> _lines = [];

    void Sink(ReadOnlySpan<byte> line)
    {
        line[^1].ShouldBe((byte)'\n');
        ExportFixture.ShouldBeOfTheApi(line);
        _lines.Add(Encoding.UTF8.GetString(line));
    }

    static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    static string CountOf(string line) => JsonNode.Parse(line)!["aggregation_info"]!["count"]!.GetValue<string>();

    static string Call(int tid, string function, string time, string policy = "p") =>
        $$"""{"process_kprobe":{"process":{"exec_id":"a","pid":1,"tid":{{tid}},"refcnt":{{tid}}},"parent":{"exec_id":"b","tid":2},"function_name":"{{function}}","args":[{"int_arg":1}],"policy_name":"{{policy}}"},"node_name":"n","time":"2030-01-01T00:00:{{time}}Z"}""" + "\n";

    static void Add(EventAggregator aggregator, string line, double now, EventAggregator.LineSink sink) => aggregator.Add(EventType.ProcessKprobe, Encoding.UTF8.GetBytes(line), At(now), sink);

    [Fact]
    public void Equal_events_become_the_first_one_with_a_count_when_the_window_ends()
    {
        var aggregator = new EventAggregator(new AggregationOptions { WindowSize = new Duration { Seconds = 2 } });
        Add(aggregator, Call(1, "f", "01"), 1, Sink);
        Add(aggregator, Call(2, "f", "02.5"), 1.5, Sink);
        Add(aggregator, Call(1, "g", "03"), 2, Sink);
        Add(aggregator, Call(1, "f", "03", "q"), 2, Sink);
        Add(aggregator, Call(3, "f", "04"), 2.9, Sink);
        _lines.ShouldBeEmpty();
        aggregator.NextEnd.ShouldBe(At(3));
        aggregator.Flush(At(3), Sink);
        CountOf(_lines.ShouldHaveSingleItem()).ShouldBe("3");
        _lines[0].ShouldContain("\"tid\":1,");
        _lines[0].ShouldContain("\"time\":\"2030-01-01T00:00:01Z\"");
        Add(aggregator, Call(1, "f", "05"), 3.5, Sink);
        _lines.Count.ShouldBe(1);
        aggregator.FlushAll(Sink);
        _lines.Skip(1).Select(CountOf).ShouldBe(["1", "1", "1"]);
        (aggregator.Count, aggregator.NextEnd).ShouldBe((0, null));
    }

    [Fact]
    public void Executions_of_the_same_program_by_the_same_parent_are_one()
    {
        var aggregator = new EventAggregator(new AggregationOptions());
        var parent = ExportFixture.Shell(FilterFixture.Systemd);
        for (uint i = 0; i < 5; i++)
        {
            var process = new ProcessInfo { Id = new ProcessId(500 + i, 1_000_000 * i), Parent = parent, ParentId = parent.Id, Executable = "/bin/ls"u8.ToArray(), Arguments = (i == 3 ? "ls\0-l\0"u8 : "ls\0"u8).ToArray() };
            parent.References.ShouldBe(1);
            aggregator.Add(EventType.ProcessExec, FilterFixture.Line(EventType.ProcessExec, process, time: 1_000_000 * i), At(i), Sink);
            aggregator.Add(EventType.ProcessExit, FilterFixture.Line(EventType.ProcessExit, process, tid: 500 + i, time: 2_000_000 * i), At(i), Sink);
        }
        aggregator.FlushAll(Sink);
        _lines.Select(CountOf).ShouldBe(["4", "4", "1", "1"]);
        _lines[0].ShouldContain("\"pid\":500,");
    }

    [Fact]
    public void Executions_by_other_parents_are_others()
    {
        var aggregator = new EventAggregator(new AggregationOptions());
        foreach (var line in (string[])["b", "c"])
            aggregator.Add(EventType.ProcessExec, Encoding.UTF8.GetBytes($$"""{"process_exec":{"process":{"pid":1,"binary":"x","parent_exec_id":"{{line}}"} },"time":"2030-01-01T00:00:00Z"}""" + "\n"), At(0), Sink);
        aggregator.Count.ShouldBe(2);
    }

    [Fact]
    public void The_oldest_leaves_when_there_is_no_room()
    {
        var aggregator = new EventAggregator(new AggregationOptions { ChannelBufferSize = 2 });
        Add(aggregator, Call(1, "f", "01"), 0, Sink);
        Add(aggregator, Call(1, "g", "01"), 0, Sink);
        Add(aggregator, Call(1, "f", "01"), 0, Sink);
        Add(aggregator, Call(1, "h", "01"), 0, Sink);
        _lines.ShouldHaveSingleItem().ShouldContain("\"f\"");
        CountOf(_lines[0]).ShouldBe("2");
        aggregator.Count.ShouldBe(2);
    }

    [Fact]
    public void Options_have_bounds()
    {
        new EventAggregator(new AggregationOptions()).Window.ShouldBe(At(15));
        new EventAggregator(new AggregationOptions { ChannelBufferSize = ulong.MaxValue }).Count.ShouldBe(0);
        foreach (var window in (Duration[])[new Duration(), new Duration { Seconds = -1 }, new Duration { Seconds = 3601 }, new Duration { Nanos = -5 }])
            Should.Throw<FilterException>(() => new EventAggregator(new AggregationOptions { WindowSize = window })).Message.ShouldStartWith("aggregation_options.window_size");
    }
}
