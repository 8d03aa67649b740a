using System.Diagnostics;

namespace Skep.Bpf.Bench;

/// <summary>Lookups through the typed map against a C loop around the system call, batches against libbpf's.</summary>
static class MapBench
{
    const int Rounds = 25;
    const ulong Lookups = 20_000;
    const int Elements = 100_000;

    public static int Run()
    {
        if (!LibbpfOracle.IsAvailable) return 1;
        Console.WriteLine("| operation | ours | C | ratio | allocated |");
        Console.WriteLine("|---|---|---|---|---|");
        using (var hash = BpfMap.Create<ulong, ulong>(MapType.Hash, 1024))
        {
            for (var i = 0ul; i < 1024; i++) hash[i] = i;
            Compare("hash lookup", "ns", Lookups, () => Look(hash, Lookups), () => LibbpfOracle.Lookups(hash.Map.Fd.Value, 1023, Lookups));
        }
        using (var hash = BpfMap.Create<ulong, ulong>(MapType.Hash, Elements))
        {
            for (var i = 0ul; i < Elements; i++) hash[i] = i;
            Compare("hash read in batches of 1024, per element", "ns", Elements, () => ReadBatches(hash), () => LibbpfOracle.Batches(hash.Map.Fd.Value, 1024));
        }
        return 0;
    }

    static ulong Look(BpfMap<ulong, ulong> map, ulong count)
    {
        var sum = 0ul;
        for (var i = 0ul; i < count; i++)
        {
            if (map.TryLookup(i & 1023, out var value)) sum += value;
        }
        return sum;
    }

    static ulong ReadBatches(BpfMap<ulong, ulong> map)
    {
        var sum = 0ul;
        using var reader = map.ReadBatches(1024);
        while (reader.Read())
        {
            foreach (var value in reader.Values) sum += value;
        }
        return sum;
    }

    static void Compare(string what, string unit, double operations, Func<ulong> ours, Func<ulong> theirs)
    {
        var comparison = new Comparison(what, unit);
        if (ours() != theirs()) throw new BpfException($"{what}: the two sides read different values");
        var allocated = 0L;
        for (var round = -5; round < Rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var started = Stopwatch.GetTimestamp();
            ours();
            var ourTime = Stopwatch.GetElapsedTime(started);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            started = Stopwatch.GetTimestamp();
            theirs();
            var theirTime = Stopwatch.GetElapsedTime(started);
            if (round >= 0) comparison.Add(ourTime.TotalNanoseconds / operations, theirTime.TotalNanoseconds / operations);
        }
        Console.WriteLine(comparison.Row($"{allocated} B in {operations} operations"));
    }
}
