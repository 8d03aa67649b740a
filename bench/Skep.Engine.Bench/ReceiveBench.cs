using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Skep.Bpf;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Runtime;
using Skep.Tetragon.Export;
using Skep.Tetragon.Policies;
using Skep.Tetragon.Tests.Export;

namespace Skep.Engine.Bench;

/// <summary>Records as the ring gives them, through the engine's receiving end, to lines of JSON that are thrown away; one core.</summary>
static class ReceiveBench
{
    const int Rounds = 9, Batch = 64, FlushAt = 1 << 16;
    const ulong Start = 4_000_000_000_000_000;
    const string Policy = """
        apiVersion: cilium.io/v1alpha1
        kind: TracingPolicy
        metadata:
          name: files
        spec:
          kprobes:
          - call: "sys_openat"
            syscall: true
            args:
            - {index: 0, type: "int"}
            - {index: 1, type: "string"}
            - {index: 2, type: "int"}
        """;

    static readonly TimeSpan s_round = TimeSpan.FromSeconds(0.5);
    static uint s_pid = 5_000_000;
    static ulong s_start = Start;

    public static int Run()
    {
        var printer = new Printer();
        using var engine = SkepEngine.Start(new EngineOptions(), printer);
        var result = engine.Apply(TracingPolicyFile.Parse(Policy, "files.yaml").Policies);
        if (!result.IsComplete) throw new BpfException(result.Failures[0].Reason);
        var generation = engine.GenerationInForce;
        var (pid, start) = (4_242_424u, Start - 1);
        engine.Receive(Exec(pid, start, generation));
        var open = new HookRecordBuilder { Pid = pid, Tid = pid, Start = start }.Number(-100L).Text("/var/lib/service/data/2030/records.db").Number(0x80000L).Match(0).Build();
        BinaryPrimitives.WriteUInt16LittleEndian(open.AsSpan(6), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(open.AsSpan(8), generation);
        var (exec, exit) = (Exec(0, 0, generation), Exit(generation));

        Console.WriteLine("| records | events/s | ns an event | allocated per event |");
        Console.WriteLine("|---|---|---|---|");
        Measure(printer, "open of a known process", () => engine.Receive(open));
        Measure(printer, "exec and exit of a new process", () =>
        {
            Identify(exec, ++s_pid, ++s_start);
            engine.Receive(exec);
            Identify(exit, s_pid, s_start);
            engine.Receive(exit);
        });
        if (engine.Malformed > 0) throw new InvalidOperationException($"{engine.Malformed} records were malformed");
        return 0;
    }

    static void Measure(Printer printer, string name, Action receive)
    {
        var best = 0.0;
        var (allocated, events) = (0L, 0L);
        for (var round = 0; round < Rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var counted = printer.Events;
            var started = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(started) < s_round)
            {
                for (var i = 0; i < Batch; i++) receive();
            }
            var count = printer.Events - counted;
            best = Math.Max(best, count / Stopwatch.GetElapsedTime(started).TotalSeconds);
            if (round == 0) continue; // code is still being compiled
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            events += count;
        }
        if (events == 0) throw new InvalidOperationException("the records made no events");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {best:N0} | {1e9 / best:F0} | {(double)allocated / events:F0} B |"));
    }

    static void Identify(byte[] record, uint pid, ulong start)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(16), start);
        BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(24), start);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(32), pid);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(36), pid);
    }

    /// <summary>struct exec_record of bpf/engine.h.</summary>
    static byte[] Exec(uint pid, ulong start, uint generation)
    {
        const int Head = 272;
        var parts = new[] { "/usr/bin/curl", "/usr/bin/curl", "/home/user/work", "session-1.scope", "curl\0--silent\0--output\0/dev/null\0https://example.org/index.html\0" };
        var data = parts.SelectMany(Encoding.UTF8.GetBytes).ToArray();
        byte[] record = [.. new byte[Head], .. data];
        Header(record, 1, generation);
        Identify(record, pid, start);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(232), parts[4].Length);
        for (var i = 0; i < 4; i++) BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(240 + i * 2), (ushort)parts[i].Length);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(248), parts[4].Length);
        "curl"u8.CopyTo(record.AsSpan(256));
        return record;
    }

    static byte[] Exit(uint generation)
    {
        var record = new byte[72];
        Header(record, 3, generation);
        return record;
    }

    static void Header(byte[] record, ushort kind, uint generation)
    {
        BinaryPrimitives.WriteInt32LittleEndian(record, record.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(4), kind);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), generation);
    }

    sealed class Printer : IEngineListener
    {
        readonly ExportWriter _json = new(new ExportOptions { NodeName = "node-1" });

        public long Events { get; private set; }

        public void OnExec(ProcessInfo process, ulong time, uint tid, ReadOnlySpan<ProcessMatch> matches)
        {
            _json.WriteExec(process, time);
            Count();
        }

        public void OnExit(ProcessInfo process, ulong time, uint tid, uint status, ReadOnlySpan<ProcessMatch> matches)
        {
            _json.WriteExit(process, tid, time, status);
            Count();
        }

        public void OnHook(in HookEvent hookEvent)
        {
            _json.WriteHook(hookEvent);
            Count();
        }

        public void OnBatch()
        {
        }

        void Count()
        {
            Events++;
            if (_json.Written.Length >= FlushAt) _json.Reset();
        }
    }
}
