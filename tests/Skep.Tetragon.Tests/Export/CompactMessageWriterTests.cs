using System.Net;
using System.Text;
using Shouldly;
using Skep.Engine.Containers;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Skep.Tetragon.Api;
using Skep.Tetragon.Export;
using Xunit;
using static Skep.Tetragon.Tests.Export.ExportFixture;

namespace Skep.Tetragon.Tests.Export;

/// <summary>What a client prints of an event is what the agent prints of it.</summary>
public class CompactMessageWriterTests
{
    static readonly CompactOptions s_options = new() { Clock = Clock, ShowsTime = true, IsColoured = true };

    readonly ExportWriter _export = new(Options);
    readonly CompactWriter _here = new(s_options);
    readonly CompactMessageWriter _there = new(s_options);

    [Fact]
    public void Executions_and_exits_read_the_same()
    {
        var pod = new ContainerInfo { Id = "0123456789abcdef0123", Pod = new PodInfo { Name = "web-1", Namespace = "shop" } };
        foreach (var process in new[] { Curl(Shell()), Curl(null, pod), Curl(null, new ContainerInfo { Id = "0123456789abcdef" }) })
        {
            _export.WriteExec(process, 1_000_000_001);
            _here.WriteExec(process, 1_000_000_001);
            ShouldBeTheSame();
            foreach (var status in (uint[])[0, 3 << 8, 9, 40, 32])
            {
                _export.WriteExit(process, 1, 2_000_000_000, status);
                _here.WriteExit(process, 1, 2_000_000_000, status);
                ShouldBeTheSame();
            }
        }
    }

    [Theory]
    [InlineData(ExportSection.Kprobe, "__x64_sys_openat")]
    [InlineData(ExportSection.Kprobe, "security_file_permission")]
    [InlineData(ExportSection.Kprobe, "vfs_read")]
    [InlineData(ExportSection.Lsm, "file_open")]
    [InlineData(ExportSection.Lsm, "inode_mkdir")]
    [InlineData(ExportSection.Tracepoint, "sched/sched_switch")]
    [InlineData(ExportSection.Tracepoint, "raw_one")]
    [InlineData(ExportSection.Uprobe, "SSL_read")]
    [InlineData(ExportSection.Uprobe, "")]
    [InlineData(ExportSection.Usdt, "query")]
    public void Hooks_read_the_same(ExportSection section, string name)
    {
        var file = section is ExportSection.Uprobe or ExportSection.Usdt ? new ExportFile("/lib/x.so", section == ExportSection.Usdt ? "db" : "", name.Length == 0 ? 4096u : 0, 0) : null;
        var hook = new ExportHook(section, name, "p", [new ExportValue(ValueKind.Text), new ExportValue(ValueKind.Sock)],
            [new ExportRule(), ExportRule.From(new Rule { Actions = [new OverrideAction(-1)] }), ExportRule.From(new Rule { Actions = [new SignalAction(9)] })], file: file);
        var socket = HookRecordBuilder.Socket(10, IPEndPoint.Parse("[fe80::1]:4000"), IPEndPoint.Parse("[::1]:443"));
        foreach (var (rule, actions) in new[] { (0, MatchActions.Post), (1, MatchActions.Override), (2, MatchActions.Signal) })
        {
            Write(hook, new HookRecordBuilder().Text("/etc/a \u001b[31m").Bytes(socket), rule, actions);
            ShouldBeTheSame();
        }
    }

    [Fact]
    public void Returned_value_reads_the_same()
    {
        Write(new ExportHook(ExportSection.Kprobe, "__x64_sys_openat", "p", [new ExportValue(ValueKind.Text), new ExportValue(ValueKind.Int32, ExportRole.Return)]), new HookRecordBuilder().Text("/x").Number(-13L));
        ShouldBeTheSame();
    }

    [Fact]
    public void Every_kind_of_value_reads_the_same()
    {
        var random = new Random(5);
        foreach (var kind in Enum.GetValues<ValueKind>())
        {
            var hook = new ExportHook(ExportSection.Kprobe, "f", "p", [new ExportValue(kind)]);
            for (var i = 0; i < 100; i++)
            {
                var bytes = new byte[random.Next(1, 120)];
                for (var b = 0; b < bytes.Length; b++) bytes[b] = (byte)random.Next(1, 0x80);
                // Families and protocols that are known.
                if (i % 2 == 0 && bytes.Length > 8) (bytes[0], bytes[1], bytes[4], bytes[5]) = (i % 4 == 0 ? (byte)2 : (byte)10, 0, 6, 0);
                Write(hook, new HookRecordBuilder().Bytes(bytes));
                ShouldBeTheSame(kind.ToString());
            }
        }
    }

    [Fact]
    public void Events_that_the_agent_does_not_print_have_a_line_too()
    {
        var writer = new CompactMessageWriter(new CompactOptions()) { ShowsStacks = true };
        var process = new Process { Binary = "/a", Pid = 7 };
        writer.Write(new GetEventsResponse { ProcessLoader = new ProcessLoader { Process = process, Path = "/lib/b\u001b" } });
        writer.Write(new GetEventsResponse { ProcessThrottle = new ProcessThrottle { Type = ThrottleType.ThrottleStart, Cgroup = "c" } });
        writer.Write(new GetEventsResponse { RateLimitInfo = new RateLimitInfo { NumberOfDroppedProcessEvents = 3 } });
        writer.Write(new GetEventsResponse { Test = new Test() });
        writer.Write(new GetEventsResponse());
        writer.Write(new GetEventsResponse { ProcessExec = new ProcessExec() });
        writer.Write(new GetEventsResponse { ProcessKprobe = new ProcessKprobe { FunctionName = "f", Process = process, KernelStackTrace = { new StackTraceEntry { Symbol = "g", Offset = 16, Module = "m" }, new StackTraceEntry { Address = 255 } } } });
        Encoding.UTF8.GetString(writer.Written).ShouldBe("""
            load    host /a /lib/b\x1b
            throttle start c
            lost    3 events
            test    
            unknown an event of a kind that this program does not know
            process unknown process 0
            call    host /a f
                g+0x10 (m)
                0xff

            """);
    }

    void Write(ExportHook hook, HookRecordBuilder record, int rule = 0, MatchActions actions = MatchActions.Post)
    {
        HookRecord.TryRead(record.Build(), out var parsed).ShouldBeTrue();
        var written = new HookEvent { Record = parsed, Request = Request, PolicyName = "p", Process = Curl(null), Rule = rule, Actions = actions };
        _export.WriteHook(written, hook);
        _here.WriteHook(written, hook);
    }

    void ShouldBeTheSame(string what = "")
    {
        _there.Write(GetEventsResponse.Parser.ParseFrom(new EventTranscoder().Encode(_export.Written)));
        Encoding.UTF8.GetString(_there.Written).ShouldBe(Encoding.UTF8.GetString(_here.Written), what);
        _export.Reset();
        _here.Reset();
        _there.Reset();
    }
}
