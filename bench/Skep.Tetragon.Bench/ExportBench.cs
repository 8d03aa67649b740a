using System.Diagnostics;
using System.Globalization;
using System.Net;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Skep.Tetragon.Api;
using Skep.Tetragon.Export;
using Skep.Tetragon.Tests.Export;

namespace Skep.Tetragon.Bench;

/// <summary>Events per second from a record's bytes to a line, on one core. The best of several rounds: what else runs only takes away.</summary>
static class ExportBench
{
    const int Rounds = 9, Batch = 64;
    static readonly TimeSpan s_round = TimeSpan.FromSeconds(0.5);

    static readonly ProcessInfo s_shell = new()
    {
        Id = new ProcessId(100, 500_000_000), Executable = "/usr/bin/bash"u8.ToArray(), Arguments = "bash\0"u8.ToArray(), WorkingDirectory = "/home/user"u8.ToArray(),
    };

    static readonly ProcessInfo s_curl = new()
    {
        Id = new ProcessId(4242, 1_000_000_000), Parent = s_shell, ParentId = s_shell.Id, Executable = "/usr/bin/curl"u8.ToArray(),
        Arguments = "curl\0--silent\0--output\0/dev/null\0https://example.org/index.html\0"u8.ToArray(), WorkingDirectory = "/home/user/work"u8.ToArray(),
    };

    static readonly ExportHook s_connect = new(ExportSection.Kprobe, "tcp_connect", "connections", [new ExportValue(ValueKind.Sock)], [new ExportRule()]);

    static readonly ExportHook s_open = new(ExportSection.Kprobe, "security_file_permission", "files",
        [new ExportValue(ValueKind.File), new ExportValue(ValueKind.Int32), new ExportValue(ValueKind.Int32, ExportRole.Return)], [new ExportRule()]);

    static readonly byte[] s_connectRecord = new HookRecordBuilder()
        .Bytes(HookRecordBuilder.Socket(2, IPEndPoint.Parse("192.168.10.20:43512"), IPEndPoint.Parse("93.184.216.34:443"))).Match(0).Build();

    static readonly byte[] s_openRecord = new HookRecordBuilder().Text("/var/lib/service/data/2030/records.db", mode: 0x81a4).Number(4L).Number(0L).Match(0).Build();

    public static int Run()
    {
        Console.WriteLine("| event | form | events/s | ns | bytes of the line | allocated per event |");
        Console.WriteLine("|---|---|---|---|---|---|");
        var json = new ExportWriter(new ExportOptions { NodeName = "node-1" });
        var lines = new CompactWriter(new CompactOptions { ShowsTime = true });
        Measure("connect", "JSON", json.Reset, () => json.Written.Length, () => Hook(json, s_connectRecord, s_connect));
        Measure("open", "JSON", json.Reset, () => json.Written.Length, () => Hook(json, s_openRecord, s_open));
        Measure("exec", "JSON", json.Reset, () => json.Written.Length, () => json.WriteExec(s_curl, 1_000_000_000));
        s_curl.Printed = null; // an execution is printed before anything of it is kept
        Measure("exec, never printed before", "JSON", json.Reset, () => json.Written.Length, () => json.WriteExec(s_curl, 1_000_000_000));
        Measure("connect", "line", lines.Reset, () => lines.Written.Length, () => Line(lines, s_connectRecord, s_connect));
        Measure("open", "line", lines.Reset, () => lines.Written.Length, () => Line(lines, s_openRecord, s_open));
        Measure("exec", "line", lines.Reset, () => lines.Written.Length, () => lines.WriteExec(s_curl, 1_000_000_000));
        json.Reset();
        Hook(json, s_connectRecord, s_connect);
        MeasureWire("connect", json.Written.ToArray());
        json.Reset();
        json.WriteExec(s_curl, 1_000_000_000);
        MeasureWire("exec", json.Written.ToArray());
        return 0;
    }

    /// <summary>What a client does with an event: our decoder, and for comparison the library's message and formatter.</summary>
    static void MeasureWire(string name, byte[] line)
    {
        var (transcoder, decoder) = (new EventTranscoder(), new EventDecoder());
        var lines = new CompactMessageWriter(new CompactOptions { ShowsTime = true });
        var formatter = new Google.Protobuf.JsonFormatter(Google.Protobuf.JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true));
        var wire = transcoder.Encode(line).ToArray();
        Measure(name, "JSON to wire", () => { }, () => wire.Length, () => transcoder.Encode(line));
        Measure(name, "wire to JSON", () => { }, () => line.Length, () => decoder.Decode(wire));
        Measure(name, "wire to line", lines.Reset, () => lines.Written.Length, () => lines.Write(GetEventsResponse.Parser.ParseFrom(wire)));
        Measure(name, "wire to JSON by JsonFormatter", () => { }, () => line.Length, () => formatter.Format(GetEventsResponse.Parser.ParseFrom(wire)));
    }

    static readonly HookRequest s_request = new() { Target = new FunctionHook("f") };

    static void Hook(ExportWriter writer, byte[] bytes, ExportHook hook)
    {
        if (!HookRecord.TryRead(bytes, 1, out var record)) throw new InvalidOperationException("the record is malformed");
        writer.WriteHook(new HookEvent { Record = record, Request = s_request, Process = s_curl, Rule = 0, Actions = record.Match(0).Actions }, hook);
    }

    static void Line(CompactWriter writer, byte[] bytes, ExportHook hook)
    {
        if (!HookRecord.TryRead(bytes, 1, out var record)) throw new InvalidOperationException("the record is malformed");
        writer.WriteHook(new HookEvent { Record = record, Request = s_request, Process = s_curl, Rule = 0, Actions = record.Match(0).Actions }, hook);
    }

    static void Measure(string name, string form, Action reset, Func<int> written, Action write)
    {
        reset();
        write();
        var size = written();
        var best = 0.0;
        var (allocated, events) = (0L, 0L);
        for (var round = 0; round < Rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var count = 0L;
            var started = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(started) < s_round)
            {
                for (var i = 0; i < Batch; i++) write();
                reset();
                count += Batch;
            }
            best = Math.Max(best, count / Stopwatch.GetElapsedTime(started).TotalSeconds);
            if (round == 0) continue; // code is still being compiled
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            events += count;
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {form} | {best:N0} | {1e9 / best:F0} | {size} | {(double)allocated / events:F3} B |"));
    }
}
