using System.Diagnostics;

namespace Skep.Bpf.Bench;

/// <summary>From the object file to loaded programs, with the kernel's types read before on our side: libbpf reads them in every round, as its objects do.</summary>
static class LoadBench
{
    const int Rounds = 25;

    public static int Run(string? path)
    {
        if (!LibbpfOracle.IsAvailable) return 1;
        path ??= Path.Combine(AppContext.BaseDirectory, "fixtures", "many_programs.bpf.o");
        var programs = LibbpfOracle.LoadObject(path);
        if (programs <= 0) throw new BpfException($"libbpf does not load {path}: {programs}");
        var comparison = new Comparison($"load {Path.GetFileName(path)}, {programs} programs", "ms");
        var allocated = 0L;
        for (var round = -5; round < Rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var started = Stopwatch.GetTimestamp();
            using (var loaded = BpfObject.LoadFile(path))
            {
                if (loaded.Programs.Count != programs) throw new BpfException($"{loaded.Programs.Count} of {programs} programs");
            }
            var ours = Stopwatch.GetElapsedTime(started);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            started = Stopwatch.GetTimestamp();
            LibbpfOracle.LoadObject(path);
            var theirs = Stopwatch.GetElapsedTime(started);
            if (round >= 0) comparison.Add(ours.TotalMilliseconds, theirs.TotalMilliseconds);
        }
        Console.WriteLine("| operation | ours | libbpf | ratio | allocated |");
        Console.WriteLine("|---|---|---|---|---|");
        Console.WriteLine(comparison.Row($"{allocated / 1e6:F1} MB"));
        return 0;
    }
}
