using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Shouldly;
using Skep.Agent.Events;
using Skep.Tetragon.Api;
using Skep.Tetragon.Export;
using Xunit;

namespace Skep.Cli.Tests.Export;

/// <summary>The export file, without an engine: events are lines that a test makes.</summary>
public sealed class ExportFileSinkTests : IDisposable
{
    static readonly ExportOptions s_export = new() { NodeName = "node-1" };
    static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    readonly string _directory = Directory.CreateTempSubdirectory("skep-export-").FullName;
    readonly List<string> _problems = [];

    string Path => System.IO.Path.Combine(_directory, "events.log");

    ExportFileOptions Options => new() { Path = Path };

    [Fact]
    public void Events_are_appended_as_lines_and_outlive_a_restart()
    {
        for (var run = 0; run < 2; run++)
        {
            using var sink = Open(Options);
            for (var i = 0; i < 3; i++) Write(sink, run * 3 + i);
            sink.OnBatch();
        }
        Numbers(Path).ShouldBe([0, 1, 2, 3, 4, 5]);
        File.GetUnixFileMode(Path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void Half_line_of_an_agent_that_was_killed_is_not_continued()
    {
        File.WriteAllText(Path, "{\"process_exec\":{\"pro");
        using (var sink = Open(Options)) Write(sink, 7);
        File.ReadAllLines(Path)[0].ShouldBe("{\"process_exec\":{\"pro");
        Number(File.ReadAllLines(Path)[1]).ShouldBe(7);
    }

    [Fact]
    public void Permissions_are_those_that_were_asked_for_whatever_the_mask()
    {
        const UnixFileMode Wanted = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead;
        using (Open(Options with { Permissions = Wanted }))
        {
        }
        File.GetUnixFileMode(Path).ShouldBe(Wanted);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Full_file_makes_room_for_a_new_one_and_so_many_of_the_former_are_kept(bool compresses)
    {
        const int Events = 3000;
        var size = Line(0).Length * 100;
        using (var sink = Open(Options with { Rotation = new() { MaxSize = size, MaxBackups = 4 }, Compresses = compresses }))
        {
            for (var i = 0; i < Events; i++)
            {
                Write(sink, i);
                if (i % 10 == 0) sink.OnBatch();
                if (i % 500 == 0) Until(() => sink.Status.Waiting == 0);
            }
        }
        // What an end interrupts is done at the next start.
        using (Open(Options with { Rotation = new() { MaxSize = size, MaxBackups = 4 }, Compresses = compresses })) Until(() => Backups().Count <= 4 && Backups().All(b => b.EndsWith(".gz", StringComparison.Ordinal) == compresses));
        new FileInfo(Path).Length.ShouldBeLessThanOrEqualTo(size);
        var all = Backups().Order(StringComparer.Ordinal).Append(Path).SelectMany(Numbers).ToList();
        string.Join(" ", all).ShouldBe(string.Join(" ", Enumerable.Range(Events - all.Count, all.Count)));
        all.Count.ShouldBeGreaterThan(300);
        foreach (var backup in Backups()) File.GetUnixFileMode(backup).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void Old_file_makes_room_and_former_ones_go_after_their_time()
    {
        var old = System.IO.Path.Combine(_directory, "events-2001-01-31T09-05-07.123.log");
        var stranger = System.IO.Path.Combine(_directory, "events-of-mine.log");
        File.WriteAllText(old, "");
        File.WriteAllText(stranger, "");
        using (var sink = Open(Options with { Rotation = new() { Interval = TimeSpan.FromMilliseconds(100) }, MaxAge = TimeSpan.FromDays(1) }))
        {
            Write(sink, 1);
            sink.OnBatch();
            Until(() => Backups().Exists(b => b != old));
            Write(sink, 2);
            Until(() => !File.Exists(old));
        }
        File.Exists(stranger).ShouldBeTrue();
        Numbers(Backups()[0]).ShouldBe([1]);
    }

    [Fact]
    public void Rotation_that_is_changed_holds_for_the_file_that_is_written()
    {
        using var sink = Open(Options);
        for (var i = 0; i < 5; i++) Write(sink, i);
        sink.OnBatch();
        Until(() => sink.Status.Events == 5);
        Backups().ShouldBeEmpty();
        sink.Rotation = new ExportRotation { MaxSize = Line(0).Length, MaxBackups = 0 };
        for (var i = 5; i < 10; i++) Write(sink, i);
        sink.OnBatch();
        Until(() => sink.Status.Events == 10);
        Backups().Count.ShouldBe(5);
        sink.Rotation = sink.Rotation with { MaxBackups = 2 };
        Until(() => Backups().Count == 2);
        sink.Rotation = sink.Rotation with { Interval = TimeSpan.FromMilliseconds(50) };
        Until(() => new FileInfo(Path).Length == 0);
    }

    [Fact]
    public void File_that_was_moved_removed_or_cut_is_gone_on_with_at_its_place()
    {
        using var sink = Open(Options);
        Write(sink, 1);
        sink.OnBatch();
        Until(() => sink.Status.Events == 1);
        File.Move(Path, Path + ".1");
        sink.Reopen();
        Until(() => File.Exists(Path));
        Put(2);
        Numbers(Path + ".1").ShouldBe([1]);
        Numbers(Path).ShouldBe([2]);
        File.Delete(Path);
        // Nobody says so.
        Until(() => File.Exists(Path));
        Put(3);
        Numbers(Path).ShouldBe([3]);
        using (var cut = new FileStream(Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) cut.SetLength(0);
        Put(4);
        Numbers(Path).ShouldBe([4]);

        void Put(int number)
        {
            var before = sink.Status.Events;
            Write(sink, number);
            sink.OnBatch();
            Until(() => sink.Status.Events == before + 1);
        }
    }

    [Fact]
    public void Loss_while_nothing_can_be_written_is_counted_and_told_once_it_can()
    {
        const int Events = 2000;
        using (var sink = Open(Options with { Buffer = 1 << 14 }))
        {
            // A directory at its place, as good as a full disk.
            File.Delete(Path);
            Directory.CreateDirectory(Path);
            sink.Reopen();
            Until(() => sink.Status.Failure is not null);
            for (var i = 0; i < Events; i++)
            {
                Write(sink, i);
                sink.OnBatch();
            }
            var failing = sink.Status;
            failing.LostFailed.ShouldBeGreaterThan(0);
            failing.LostSlow.ShouldBe(0);
            failing.Waiting.ShouldBeLessThanOrEqualTo(1 << 14);
            Directory.Delete(Path);
            Until(() => sink.Status.Failure is null);
            sink.OnBatch();
            // The word of the loss is an event too.
            Until(() => sink.Status.Events == Events - failing.LostFailed + 1);
            sink.Status.LostFailed.ShouldBe(failing.LostFailed);
        }
        var told = File.ReadAllLines(Path).Where(l => l.Contains("rate_limit_info", StringComparison.Ordinal)).ToList().ShouldHaveSingleItem();
        var notice = JsonDocument.Parse(told).RootElement;
        notice.GetProperty("node_name").GetString().ShouldBe("node-1");
        var lost = int.Parse(notice.GetProperty("rate_limit_info").GetProperty("number_of_dropped_process_events").GetString()!, CultureInfo.InvariantCulture);
        (Numbers(Path).Count + lost).ShouldBe(Events);
        lock (_problems) _problems.ShouldContain(p => p.Contains("is written again", StringComparison.Ordinal));
    }

    [Fact]
    public void Rate_limit_lets_so_many_through_and_the_rest_is_told()
    {
        using (var sink = Open(Options with { RateLimit = 10 }))
        {
            for (var i = 0; i < 100; i++) Write(sink, i);
            sink.Status.LostLimited.ShouldBe(90);
        }
        Numbers(Path).ShouldBe(Enumerable.Range(0, 10));
        File.ReadAllText(Path).ShouldContain("\"number_of_dropped_process_events\": \"90\"");
    }

    [Fact]
    public void Rate_is_of_a_minute()
    {
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        var limit = new RateLimit(60);
        var taken = 0;
        for (var second = 0; second < 120; second++)
        {
            for (var i = 0; i < 10; i++) taken += limit.TryTake(start + second * System.Diagnostics.Stopwatch.Frequency) ? 1 : 0;
        }
        taken.ShouldBeInRange(60 + 117, 60 + 120);
    }

    [Fact]
    public void File_has_what_filters_and_field_filters_let_through()
    {
        var options = Options with
        {
            Allow = [new Filter { EventSet = { EventType.ProcessExec } }],
            Deny = [new Filter { Pid = { 3 } }],
            Fields = [new FieldFilter { Fields = new() { Paths = { "process.pid" } } }],
        };
        using (var sink = Open(options))
        {
            for (var i = 1; i <= 4; i++) Write(sink, i);
            Write(sink, 5, EventType.ProcessExit);
        }
        Numbers(Path).ShouldBe([1, 2, 4]);
        File.ReadAllText(Path).ShouldNotContain("binary");
    }

    [Fact]
    public void Equal_events_are_one_and_the_end_does_not_lose_what_is_held()
    {
        using (var sink = Open(Options with { Aggregation = new AggregationOptions() }))
        {
            for (var i = 0; i < 5; i++) Write(sink, 1);
        }
        File.ReadAllLines(Path).ShouldHaveSingleItem().ShouldContain("\"aggregation_info\":{\"count\":\"5\"}");
    }

    [Fact]
    public void Taking_an_event_allocates_nothing()
    {
        using var sink = Open(Options with { RateLimit = int.MaxValue, Allow = [new Filter { EventSet = { EventType.ProcessExec } }] });
        var line = Line(1);
        for (var i = 0; i < 20_000; i++) Take();
        // After a burst the queue gives back its memory.
        for (var i = 0; i < 20; i++)
        {
            Until(() => sink.Status.Waiting == 0);
            Take();
        }
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) Take();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);

        void Take()
        {
            sink.Write(new ExportedEvent { Type = EventType.ProcessExec, Pid = 1, PolicyName = "", Line = line }, s_wire);
            sink.OnBatch();
        }
    }

    [Fact]
    public void What_is_no_file_is_refused_with_its_name()
    {
        Should.Throw<IOException>(() => Open(Options with { Path = _directory })).Message.ShouldContain(_directory);
        var beneath = System.IO.Path.Combine(Path, "beneath.log");
        File.WriteAllText(Path, "");
        Should.Throw<IOException>(() => Open(Options with { Path = beneath })).Message.ShouldContain(beneath);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    static readonly WireForm s_wire = new();

    ExportFileSink Open(ExportFileOptions options) => new(options, s_export, problem =>
    {
        lock (_problems) _problems.Add(problem);
    });

    static byte[] Line(int number, EventType type = EventType.ProcessExec) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
        $"{{\"{(type == EventType.ProcessExec ? "process_exec" : "process_exit")}\":{{\"process\":{{\"pid\":{number},\"binary\":\"/bin/true\"}}}},\"time\":\"2030-01-31T09:05:07Z\"}}\n"));

    static void Write(ExportFileSink sink, int number, EventType type = EventType.ProcessExec) =>
        sink.Write(new ExportedEvent { Type = type, Pid = (uint)number, PolicyName = "", Line = Line(number, type) }, s_wire);

    List<string> Backups() => [.. Directory.EnumerateFiles(_directory, "events-20*")];

    static List<int> Numbers(string path)
    {
        using Stream file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file);
        var numbers = new List<int>();
        while (reader.ReadLine() is { } line)
        {
            if (!line.Contains("rate_limit_info", StringComparison.Ordinal)) numbers.Add(Number(line));
        }
        return numbers;
    }

    static int Number(string line) => JsonDocument.Parse(line).RootElement.EnumerateObject().First().Value.GetProperty("process").GetProperty("pid").GetInt32();

    static void Until(Func<bool> done)
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        while (!done())
        {
            if (System.Diagnostics.Stopwatch.GetElapsedTime(started) > s_limit) throw new TimeoutException();
            Thread.Sleep(2);
        }
    }
}
