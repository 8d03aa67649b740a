using System.Text.Json;
using Shouldly;
using Skep.Cli.Run;
using Skep.Engine.Records;
using Xunit;

namespace Skep.Cli.Tests;

public class EventSinkTests
{
    static readonly BootClock s_clock = new(new DateTime(2030, 1, 2, 3, 4, 5, DateTimeKind.Utc));

    static JsonElement Json(byte[] record)
    {
        using var output = new MemoryStream();
        using (var sink = new JsonSink(output, s_clock)) Write(sink, record);
        return JsonDocument.Parse(output.ToArray()).RootElement;
    }

    static string Table(byte[] record)
    {
        using var output = new StringWriter();
        var sink = new TableSink(output, s_clock, colours: false);
        Write(sink, record);
        return output.ToString().Split('\n')[1];
    }

    static void Write(IEventSink sink, byte[] record)
    {
        ProcessEvent.TryRead(record, out var processEvent).ShouldBeTrue();
        sink.Write(processEvent);
        sink.Flush();
    }

    [Fact]
    public void Exec_in_json_has_time_ids_file_and_arguments()
    {
        var json = Json(ProcessRecord.Exec("/bin/cat", "cat", "a b", ""));
        json.GetProperty("event").GetString().ShouldBe("exec");
        json.GetProperty("time").GetDateTime().ShouldBe(new DateTime(2030, 1, 2, 3, 4, 10, DateTimeKind.Utc));
        json.GetProperty("pid").GetInt32().ShouldBe(1234);
        json.GetProperty("ppid").GetInt32().ShouldBe(1);
        json.GetProperty("uid").GetInt32().ShouldBe(1000);
        json.GetProperty("comm").GetString().ShouldBe("cat");
        json.GetProperty("filename").GetString().ShouldBe("/bin/cat");
        json.GetProperty("args").EnumerateArray().Select(a => a.GetString()).ShouldBe(["cat", "a b", ""]);
        json.GetProperty("cgroup_id").GetInt32().ShouldBe(77);
        json.TryGetProperty("args_truncated", out _).ShouldBeFalse();
    }

    [Fact]
    public void Cut_arguments_are_marked()
    {
        var record = ProcessRecord.Exec("/bin/cat"u8.ToArray(), "cat\0aaaa"u8.ToArray(), flags: 2);
        Json(record).GetProperty("args_truncated").GetBoolean().ShouldBeTrue();
        Table(record).ShouldContain("… (cut)");
    }

    [Fact]
    public void Bytes_that_are_no_text_become_replacement_characters()
    {
        var record = ProcessRecord.Exec([0x2f, 0xff, 0xfe], [0xc3, 0]);
        Json(record).GetProperty("filename").GetString().ShouldBe("/\ufffd\ufffd");
    }

    [Fact]
    public void Exit_in_json_has_code_or_signal_and_duration()
    {
        var exited = Json(ProcessRecord.Exit(3 << 8));
        exited.GetProperty("exit_code").GetInt32().ShouldBe(3);
        exited.GetProperty("duration_ns").GetInt64().ShouldBe(2_000_000_000);
        var killed = Json(ProcessRecord.Exit(9 | 0x80));
        killed.GetProperty("signal").GetInt32().ShouldBe(9);
        killed.GetProperty("core_dumped").GetBoolean().ShouldBeTrue();
        killed.TryGetProperty("exit_code", out _).ShouldBeFalse();
    }

    [Fact]
    public void Table_quotes_blanks_and_hides_control_characters()
    {
        var line = Table(ProcessRecord.Exec("/bin/cat", "cat", "a b", "\e[31m"));
        line.ShouldContain("/bin/cat 'a b' ?[31m");
        Table(ProcessRecord.Exit(11)).ShouldContain("signal 11, ran 2.0 s");
    }

    [Fact]
    public void A_record_shorter_than_it_says_is_refused()
    {
        var record = ProcessRecord.Exec("/bin/cat", "cat");
        for (var length = 0; length < record.Length; length++) ProcessEvent.TryRead(record.AsSpan(0, length), out _).ShouldBeFalse();
    }

    [Fact]
    public void Json_allocates_nothing_per_event()
    {
        var record = ProcessRecord.Exec("/usr/bin/cat", "cat", "/etc/passwd", "--help");
        using var sink = new JsonSink(Stream.Null, s_clock);
        for (var i = 0; i < 1000; i++) Write(sink, record);
        sink.Flush();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            ProcessEvent.TryRead(record, out var processEvent);
            sink.Write(processEvent);
        }
        sink.Flush();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1000);
    }

    [Fact]
    public void Own_test_process_is_not_shown()
    {
        using var output = new MemoryStream();
        using var sink = new JsonSink(output, s_clock);
        var collector = new EventCollector(sink, "mark"u8.ToArray());
        collector.Handle(ProcessRecord.Exec("/bin/true", "true", "mark"));
        collector.HasSeenMark.ShouldBeTrue();
        collector.Handle(ProcessRecord.Exit(0));
        sink.Flush();
        output.Length.ShouldBe(0);
        collector.Handle(ProcessRecord.Exit(0));
        collector.Events.ShouldBe(1);
    }
}
