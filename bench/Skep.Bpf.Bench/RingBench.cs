using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Skep.Bpf.Bench;

/// <summary>Records per second through our reader and through libbpf's, in this process, from the same program.</summary>
static unsafe class RingBench
{
    const uint RingBytes = 8 << 20;
    const int LiveRounds = 7, DrainRounds = 15;
    static readonly TimeSpan s_live = TimeSpan.FromSeconds(0.7);

    public static int Run()
    {
        if (!LibbpfOracle.IsAvailable) return 1;
        Console.WriteLine("Live: a program writes on one CPU as fast as it can, the reader polls on another (8 MiB ring, wake-up forced from 256 KiB, 1 ms timeout).");
        Console.WriteLine("Drain: the reader empties a full ring while nobody writes.");
        Console.WriteLine();
        Console.WriteLine("| records | ours | libbpf | ratio | lost, ours | lost, libbpf | allocated per record |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (var size in new[] { 64, 256, 1024 }) Live(size);
        foreach (var size in new[] { 64, 256, 1024 }) Drain(size);
        return 0;
    }

    static void Live(int size)
    {
        var comparison = new Comparison($"live, {size} B", "M/s");
        var (lostOurs, lostTheirs, allocated, records) = (0.0, 0.0, 0L, 0L);
        for (var round = 0; round < LiveRounds; round++)
        {
            var ours = LiveRound(size, Ours, ref lostOurs, ref allocated, ref records);
            long ignored = 0, alsoIgnored = 0;
            var theirs = LiveRound(size, Theirs, ref lostTheirs, ref ignored, ref alsoIgnored);
            comparison.Add(ours, theirs);
        }
        Console.WriteLine(comparison.Row(Percent(lostOurs / LiveRounds), Percent(lostTheirs / LiveRounds), $"{(double)allocated / records:F3} B"));
    }

    /// <summary>One round; returns millions of records a second.</summary>
    static double LiveRound(int size, Consumer consume, ref double lost, ref long allocated, ref long records)
    {
        using var producer = new RingProducer(RingBytes, size, wakeUp: true);
        var stop = (int*)NativeMemory.AllocZeroed(64);
        var (count, bytes) = (0L, 0L);
        using var ready = new ManualResetEventSlim();
        var reader = new Thread(() => count = consume(producer.Ring, stop, ready, out bytes));
        reader.Start();
        ready.Wait();
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < s_live) producer.Run(100_000);
        var elapsed = Stopwatch.GetElapsedTime(started);
        Volatile.Write(ref *stop, 1);
        reader.Join();
        NativeMemory.Free(stop);
        var total = producer.Total;
        lost += (double)total.Lost / (total.Sent + total.Lost);
        allocated += bytes;
        records += count;
        return count / elapsed.TotalSeconds / 1e6;
    }

    delegate long Consumer(BpfMap ring, int* stop, ManualResetEventSlim ready, out long allocated);

    static long Ours(BpfMap ring, int* stop, ManualResetEventSlim ready, out long allocated)
    {
        using var reader = new RingBufferReader();
        reader.Add(ring, default(Summing));
        ready.Set();
        var timeout = TimeSpan.FromMilliseconds(1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        while (Volatile.Read(ref *stop) == 0) reader.Poll(timeout);
        allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return reader.Statistics.Records;
    }

    static long Theirs(BpfMap ring, int* stop, ManualResetEventSlim ready, out long allocated)
    {
        var consumer = LibbpfOracle.OpenRing(ring.Fd.Value);
        ready.Set();
        LibbpfOracle.RunRing(consumer, stop, 1);
        allocated = 0;
        var records = LibbpfOracle.Records(consumer);
        LibbpfOracle.CloseRing(consumer);
        return records;
    }

    static void Drain(int size)
    {
        var comparison = new Comparison($"drain, {size} B", "M/s");
        var capacity = RingBytes / (uint)(size + 8);
        var (allocated, records) = (0L, 0L);
        using var forOurs = new RingProducer(RingBytes, size, wakeUp: false);
        using var forTheirs = new RingProducer(RingBytes, size, wakeUp: false);
        using var ring = new RingBuffer(forOurs.Ring);
        var consumer = LibbpfOracle.OpenRing(forTheirs.Ring.Fd.Value);
        var sum = default(Summing);
        for (var round = -3; round < DrainRounds; round++)
        {
            forOurs.Run(capacity);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var started = Stopwatch.GetTimestamp();
            var count = ring.Consume(ref sum);
            var ours = Stopwatch.GetElapsedTime(started);
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            records += count;

            forTheirs.Run(capacity);
            var already = LibbpfOracle.Records(consumer);
            started = Stopwatch.GetTimestamp();
            LibbpfOracle.DrainRing(consumer);
            var theirs = Stopwatch.GetElapsedTime(started);
            // The first rounds compile our loop and fault the pages in.
            if (round >= 0) comparison.Add(count / ours.TotalMicroseconds, (LibbpfOracle.Records(consumer) - already) / theirs.TotalMicroseconds);
        }
        LibbpfOracle.CloseRing(consumer);
        Console.WriteLine(comparison.Row("-", "-", $"{(double)allocated / records:F3} B"));
    }

    static string Percent(double share) => (share * 100).ToString("F1", CultureInfo.InvariantCulture) + " %";

    struct Summing : IRecordHandler
    {
        ulong _sum;

        public bool Handle(ReadOnlySpan<byte> record)
        {
            _sum += MemoryMarshal.Read<ulong>(record);
            return true;
        }
    }
}
