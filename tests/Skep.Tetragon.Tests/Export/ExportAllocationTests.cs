using System.Net;
using Shouldly;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Skep.Tetragon.Api;
using Skep.Tetragon.Export;
using Xunit;
using static Skep.Tetragon.Tests.Export.ExportFixture;

namespace Skep.Tetragon.Tests.Export;

public class ExportAllocationTests
{
    [Fact]
    public void Events_of_known_processes_allocate_nothing()
    {
        // A clock that measures, as in the agent.
        var writer = new ExportWriter(Options with { Clock = new BootClock(), Credentials = true, Namespaces = true });
        var compact = new CompactWriter(new CompactOptions { Clock = new BootClock(), IsColoured = true, ShowsTime = true });
        var transcoder = new EventTranscoder();
        var process = Curl(Shell(Shell()));
        var hook = new ExportHook(ExportSection.Kprobe, "tcp_connect", "p", [new ExportValue(ValueKind.Sock, Label: "s"), new ExportValue(ValueKind.File), new ExportValue(ValueKind.Int64, ExportRole.Return)],
            [new ExportRule()], "m", ["t"]);
        var request = new HookRequest { Target = new FunctionHook("tcp_connect"), Tag = hook };
        var bytes = new HookRecordBuilder().Bytes(HookRecordBuilder.Socket(10, IPEndPoint.Parse("[2001:db8::1]:1"), IPEndPoint.Parse("[::1]:443"))).Text("/tmp/ä\nx\u007f", mode: 0x81a4).Number(-1L).Match(0).Build();

        long Allocated(int events)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < events; i++)
            {
                HookRecord.TryRead(bytes, out var record);
                var hookEvent = new HookEvent { Record = record, Request = request, PolicyName = "p", Process = process, Rule = 0, Actions = record.Match(0).Actions };
                writer.WriteHook(hookEvent);
                transcoder.Encode(writer.Written);
                writer.WriteExec(process, record.Time + (ulong)i * 1_000_000_000);
                writer.WriteExit(process, 1, record.Time, 9);
                writer.Reset();
                compact.WriteHook(hookEvent);
                compact.WriteExec(process, record.Time);
                compact.WriteExit(process, 1, record.Time, 9);
                compact.Reset();
            }
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Allocated(1000);
        Allocated(10_000).ShouldBe(0);
    }
}
