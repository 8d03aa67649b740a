using System.Globalization;
using Skep.Bpf;
using Skep.Bpf.Bench;
using Skep.Bpf.Fuzz;

const string Usage = """
    usage: Skep.Bpf.Bench VERB
      ring                        ring buffer reader against a libbpf consumer
      map                         map lookups against the bare system call, batches against libbpf
      btf                         opening the kernel's BTF and finding a type, against libbpf
      load [OBJECT]               loading an object with many programs and CO-RE, against libbpf
      uprobe                      a probe on the first instruction against the one that we choose
      fuzz elf|btf [SEED] [RUNS]  damaged objects and types through the parsers
    """;

switch (args)
{
    case ["ring"]: return RingBench.Run();
    case ["map"]: return MapBench.Run();
    case ["btf"]: return BtfBench.Run();
    case ["load", ..]: return LoadBench.Run(args.ElementAtOrDefault(1));
    case ["uprobe"]: return UprobeBench.Run();
    case ["fuzz", "elf", ..]: return Fuzz(ElfFuzzer.Run);
    case ["fuzz", "btf", ..]: return Fuzz((seed, runs) => new BtfFuzzer(Types()).Run(seed, runs, TimeSpan.MaxValue));
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}

int Fuzz(Func<int, long, long> run)
{
    var seed = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 1;
    var runs = args.Length > 3 ? long.Parse(args[3], CultureInfo.InvariantCulture) : 1_000_000;
    var started = System.Diagnostics.Stopwatch.GetTimestamp();
    var accepted = run(seed, runs);
    Console.WriteLine($"{args[1]}: {runs} runs with seed {seed} in {System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s ({accepted} counted), none misbehaved");
    return 0;
}

// The types of every fixture; the kernel's own are too big to be damaged a million times.
static IEnumerable<byte[]> Types() => Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "fixtures"), "*.o").Order(StringComparer.Ordinal)
    .Where(path => !path.EndsWith("legacymaps.bpf.o", StringComparison.Ordinal)) // refused, and meant to be
    .Select(TypesOf)
    .OfType<byte[]>();

static byte[]? TypesOf(string path)
{
    try
    {
        return ObjectSpec.FromFile(path).Btf is { } types ? types.Data.ToArray() : null;
    }
    catch (BpfFormatException)
    {
        // Some fixtures are wrong on purpose.
        return null;
    }
}
