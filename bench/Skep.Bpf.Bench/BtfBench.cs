using System.Diagnostics;

namespace Skep.Bpf.Bench;

/// <summary>From nothing to the id of a kernel type: the file is read, parsed and searched in every round.</summary>
static class BtfBench
{
    const int Rounds = 25;
    const string TypeName = "task_struct";

    public static int Run()
    {
        if (!LibbpfOracle.IsAvailable) return 1;
        var comparison = new Comparison($"open the kernel's BTF, find struct {TypeName}", "ms");
        var allocated = 0L;
        for (var round = -3; round < Rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var started = Stopwatch.GetTimestamp();
            Btf.FromFile("/sys/kernel/btf/vmlinux").TryFind(TypeName, BtfKind.Struct, out _);
            var ours = Stopwatch.GetElapsedTime(started);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            started = Stopwatch.GetTimestamp();
            if (LibbpfOracle.KernelType(TypeName) <= 0) throw new BpfException($"libbpf does not find {TypeName}");
            var theirs = Stopwatch.GetElapsedTime(started);
            if (round >= 0) comparison.Add(ours.TotalMilliseconds, theirs.TotalMilliseconds);
        }
        Console.WriteLine("| operation | ours | libbpf | ratio | allocated |");
        Console.WriteLine("|---|---|---|---|---|");
        Console.WriteLine(comparison.Row($"{allocated / 1e6:F1} MB"));
        return 0;
    }
}
