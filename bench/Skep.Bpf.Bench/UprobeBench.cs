using System.Diagnostics;
using System.Runtime.InteropServices;
using Skep.Bpf.Instructions;

namespace Skep.Bpf.Bench;

/// <summary>
/// What a probe costs per call of a function that begins as OpenSSL's SSL_write does: on its first instruction, which the kernel
/// single-steps, against the instruction that <see cref="UprobePlacement"/> chooses.
/// </summary>
static unsafe class UprobeBench
{
    const string Symbol = "skep_slow_start";
    const int Calls = 5_000, Rounds = 9;

    public static int Run()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "fixtures", "probes.so");
        var function = (delegate* unmanaged<long, long, long, long>)NativeLibrary.GetExport(NativeLibrary.Load(path), Symbol);
        using var program = BpfProgram.Load(new ProgramImage
        {
            Name = "nothing", Type = ProgramType.Kprobe, Instructions = new Assembler("nothing").Move(Register.R0, 0).Exit().Build().Instructions,
        });
        var here = new UprobeOptions { ProcessId = Environment.ProcessId };
        var (bare, entry, placed) = (new double[Rounds], new double[Rounds], new double[Rounds]);
        UprobePlacement? placement = null;
        for (var round = 0; round < Rounds; round++)
        {
            bare[round] = Measure(function);
            using (UprobeLink.Attach(program, path, Symbol, here with { Placement = UprobePlacementMode.Entry })) entry[round] = Measure(function);
            using (var link = UprobeLink.Attach(program, path, Symbol, here))
            {
                placement = link.Placement;
                placed[round] = Measure(function);
            }
        }
        var (b, e, p) = (Median(bare), Median(entry), Median(placed));
        Console.WriteLine($"uprobe on {Symbol}: {placement}");
        Console.WriteLine($"  no probe         {b,9:F0} ns a call");
        Console.WriteLine($"  first instruction{e,9:F0} ns a call");
        Console.WriteLine($"  our placement    {p,9:F0} ns a call, {(e - b) / (p - b):F1}x cheaper than the first instruction");
        return 0;
    }

    static double Measure(delegate* unmanaged<long, long, long, long> function)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < Calls; i++) function(i, 1, 1);
        return Stopwatch.GetElapsedTime(started).TotalNanoseconds / Calls;
    }

    static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }
}
