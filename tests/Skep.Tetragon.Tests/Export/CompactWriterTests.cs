using System.Net;
using System.Text;
using Shouldly;
using Skep.Engine.Containers;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Skep.Tetragon.Export;
using Xunit;
using static Skep.Tetragon.Tests.Export.ExportFixture;

namespace Skep.Tetragon.Tests.Export;

public class CompactWriterTests
{
    static readonly CompactOptions s_options = new() { Clock = Clock };

    [Fact]
    public void Execution_and_exit_are_one_line_each()
    {
        var writer = new CompactWriter(s_options with { ShowsTime = true });
        writer.WriteExec(Curl(null), 1_000_000_000);
        writer.WriteExit(Curl(null, new ContainerInfo { Id = "0123456789abcdef" }), 1, 2_000_000_000, 3 << 8);
        writer.WriteExit(Curl(null, new ContainerInfo { Id = "0", Name = "web" }), 1, 2_000_000_000, 9);
        Text(writer).ShouldBe("""
            2030-01-02T03:04:06Z process host /usr/bin/curl https://example.org
            2030-01-02T03:04:07Z exit    0123456789ab /usr/bin/curl https://example.org 3
            2030-01-02T03:04:07Z exit    web /usr/bin/curl https://example.org SIGKILL

            """);
    }

    [Fact]
    public void Hooks_read_as_what_people_call_them()
    {
        var writer = new CompactWriter(s_options);
        Write(writer, new ExportHook(ExportSection.Kprobe, "__x64_sys_openat", "p", [new ExportValue(ValueKind.Text), new ExportValue(ValueKind.Int32, ExportRole.Return)]),
            new HookRecordBuilder().Text("/etc/shadow").Number(-13L));
        Write(writer, new ExportHook(ExportSection.Kprobe, "tcp_connect", "p", [new ExportValue(ValueKind.Sock)]),
            new HookRecordBuilder().Bytes(HookRecordBuilder.Socket(2, IPEndPoint.Parse("10.0.0.1:4000"), IPEndPoint.Parse("1.2.3.4:443"))));
        Write(writer, new ExportHook(ExportSection.Kprobe, "__x64_sys_setns", "p", [new ExportValue(ValueKind.Int32)]), new HookRecordBuilder().Number(3L));
        Write(writer, new ExportHook(ExportSection.Tracepoint, "sched/sched_switch", "p", []), new HookRecordBuilder());
        Write(writer, new ExportHook(ExportSection.Lsm, "file_open", "p", [new ExportValue(ValueKind.File)]), new HookRecordBuilder().Text("/a"), MatchActions.Post | MatchActions.Override);
        Write(writer, new ExportHook(ExportSection.Lsm, "inode_mkdir", "p", []), new HookRecordBuilder(), MatchActions.Signal | MatchActions.Monitored);
        Text(writer).ShouldBe("""
            open    host /usr/bin/curl /etc/shadow = -13
            connect host /usr/bin/curl tcp 10.0.0.1:4000 -> 1.2.3.4:443
            syscall host /usr/bin/curl setns 3
            trace   host /usr/bin/curl sched/sched_switch
            open    host /usr/bin/curl /a [deny]
            lsm     host /usr/bin/curl inode_mkdir [would signal]

            """);
    }

    [Fact]
    public void Unknown_process_says_why()
    {
        HookRecord.TryRead(new HookRecordBuilder().Build(), out var record).ShouldBeTrue();
        var writer = new CompactWriter(s_options);
        writer.WriteHook(new HookEvent { Record = record, Request = Request, UnknownBecause = "its execution was lost" });
        Text(writer).ShouldBe("call    unknown process 4242 (its execution was lost) f\n");
    }

    [Fact]
    public void Names_cannot_drive_the_terminal()
    {
        var process = new ProcessInfo
        {
            Id = new ProcessId(1, 1), Executable = "/a\u001b[31m\u009b\u202eä\\"u8.ToArray(),
            Arguments = (byte[])[.. "a\0\n\r\t\u007f\0"u8, 0xff, 0xc3, 0, .. "\0b c\0"u8],
        };
        var writer = new CompactWriter(s_options);
        writer.WriteExec(process, 0);
        Text(writer).ShouldBe("process host /a\\x1b[31m\\u009b\\u202eä\\\\ \\n\\r\\t\\x7f \\xff\\xc3 \"\" \"b c\"\n");
    }

    [Fact]
    public void Colours_are_there_only_when_told()
    {
        var writer = new CompactWriter(s_options with { IsColoured = true });
        writer.WriteExec(Curl(null), 0);
        Text(writer).ShouldBe("\u001b[32mprocess\u001b[0m \u001b[35mhost\u001b[0m \u001b[1m/usr/bin/curl\u001b[0m https://example.org\n");
    }

    [Fact]
    public void Every_kind_prints_one_line_for_any_bytes()
    {
        var random = new Random(3);
        var writer = new CompactWriter(s_options);
        foreach (var kind in Enum.GetValues<ValueKind>())
        {
            var hook = new ExportHook(ExportSection.Kprobe, "f", "p", [new ExportValue(kind)]);
            for (var i = 0; i < 200; i++)
            {
                var bytes = new byte[random.Next(0, 120)];
                random.NextBytes(bytes);
                Write(writer, hook, new HookRecordBuilder().Bytes(bytes, (ArgumentFlags)random.Next(32)));
                var line = Text(writer);
                line[..^1].Any(char.IsControl).ShouldBeFalse();
                line[^1].ShouldBe('\n');
            }
        }
    }

    static void Write(CompactWriter writer, ExportHook hook, HookRecordBuilder record, MatchActions actions = MatchActions.Post)
    {
        HookRecord.TryRead(record.Build(), out var parsed).ShouldBeTrue();
        writer.WriteHook(new HookEvent { Record = parsed, Request = Request, Process = Curl(null), Actions = actions }, hook);
    }

    static string Text(CompactWriter writer)
    {
        var text = Encoding.UTF8.GetString(writer.Written);
        writer.Reset();
        return text;
    }
}
