using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Skep.Engine.Processes;
using Skep.Engine.Recording;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Skep.Tetragon.Tests.Export;

namespace Skep.Engine.Bench;

/// <summary>What recording costs per event: writing it down, on the engine's thread, and packing it, on another; and how much is left of it.</summary>
static class RecordingBench
{
    const int Events = 400_000, ProcessEvery = 20;

    static readonly HookRequest s_opens = new()
    {
        Target = new SyscallHook("openat"), Values = [new ValueSpec { Index = 0, Kind = ValueKind.Int32 }, new ValueSpec { Index = 1, Kind = ValueKind.Text }],
    };

    public static int Run()
    {
        var (encoder, buffer, blocks) = (new RecordingEncoder(null), new EntryBuffer(RecordingFormat.BlockSize * 2), new List<byte[]>());
        encoder.BeginSegment();
        encoder.BeginBlock(buffer);
        var random = new Random(1);
        var records = Enumerable.Range(0, 1000).Select(i => new HookRecordBuilder { Pid = 1, Tid = 1, Start = 1 }.Number(-100L).Text($"/var/lib/service/data/{random.Next(30)}/records-{i}.db").Match(0).Build()).ToArray();
        var init = new ProcessInfo { Id = new ProcessId(1, 1), Executable = "/sbin/init"u8.ToArray() };
        var time = 1_000_000_000UL;
        var process = init;
        var (ticks, bytes) = (0L, 0L);
        for (var i = 0; i < Events; i++)
        {
            time += (ulong)random.Next(1000, 100_000);
            if (i % ProcessEvery == 0)
            {
                process = new ProcessInfo
                {
                    Id = new ProcessId((uint)i + 2, time), Parent = init, ParentId = init.Id, Executable = Encoding.UTF8.GetBytes($"/usr/bin/tool-{i % 50}"), WorkingDirectory = "/srv"u8.ToArray(),
                    Arguments = Encoding.UTF8.GetBytes($"tool\0--number\0{i}\0"), Credentials = default,
                };
            }
            var record = records[random.Next(records.Length)];
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(16), time);
            var started = Stopwatch.GetTimestamp();
            encoder.Clock(5);
            switch (i % ProcessEvery)
            {
                case 0: encoder.Execution(process, time, process.Id.Pid, []); break;
                case ProcessEvery - 1: encoder.Exit(process, time, process.Id.Pid, 0, []); break;
                default:
                    HookRecord.TryRead(record, out var read);
                    encoder.Match(new HookEvent { Record = read, Request = s_opens, PolicyName = "opens", Process = process, Actions = MatchActions.Post });
                    break;
            }
            ticks += Stopwatch.GetTimestamp() - started;
            if (buffer.Length < RecordingFormat.BlockSize && i < Events - 1) continue;
            blocks.Add(buffer.Written.ToArray());
            bytes += buffer.Length;
            buffer.Reset();
            encoder.BeginBlock(buffer);
        }
        Say($"write down: {Nanoseconds(ticks)} ns and {bytes / (double)Events:0} bytes an event");
        var packed = new byte[BlockCodec.Bound(RecordingFormat.BlockSize * 2)];
        Measure("Deflate fastest (in use)", blocks, block => BlockCodec.Write(block, 1, 1, 0, 0, packed));
        Measure("Brotli 0", blocks, block => BrotliEncoder.TryCompress(block, packed, out var length, 0, 18) ? length : 0);
        Measure("Brotli 1", blocks, block => BrotliEncoder.TryCompress(block, packed, out var length, 1, 18) ? length : 0);
        Measure("Brotli 2", blocks, block => BrotliEncoder.TryCompress(block, packed, out var length, 2, 18) ? length : 0);
        return 0;
    }

    static void Measure(string name, List<byte[]> blocks, Func<byte[], int> pack)
    {
        var best = long.MaxValue;
        var bytes = 0L;
        for (var round = 0; round < 3; round++)
        {
            bytes = 0;
            var started = Stopwatch.GetTimestamp();
            foreach (var block in blocks) bytes += pack(block);
            best = Math.Min(best, Stopwatch.GetTimestamp() - started);
        }
        Say($"{name}: {Nanoseconds(best)} ns and {bytes / (double)Events:0.0} bytes an event");
    }

    static string Nanoseconds(long ticks) => (ticks * 1e9 / Stopwatch.Frequency / Events).ToString("0", CultureInfo.InvariantCulture);

    static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
