using System.Diagnostics;
using Skep.Bpf.Instructions;

namespace Skep.Bpf.Fuzz;

/// <summary>
/// Feeds damaged BTF to everything that reads BTF. The only exception that may come out is <see cref="BpfFormatException"/>; anything else,
/// any case that takes longer than <see cref="Slow"/> and any that allocates out of proportion ends the run with the seed that reproduces it.
/// </summary>
public sealed class BtfFuzzer
{
    /// <summary>A single damaged blob may take this long, on a busy machine.</summary>
    public static readonly TimeSpan Slow = TimeSpan.FromSeconds(10);

    const long AllocationFloor = 16L << 20;
    const long AllocationPerByte = 4096;

    readonly byte[][] _corpus;

    /// <summary>Creates a fuzzer that damages these blobs.</summary>
    public BtfFuzzer(params IEnumerable<byte[]> corpus) => _corpus = [.. corpus, Sample()];

    /// <summary>Runs until one of the limits is reached, and returns how many blobs were tried.</summary>
    public long Run(int seed, long executions, TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        long done = 0;
        for (; done < executions && clock.Elapsed < limit; done++) RunOne(SeedOf(seed, done));
        return done;
    }

    /// <summary>Tries one damaged blob.</summary>
    public void RunOne(int seed)
    {
        var random = new Random(seed);
        var blob = Damage(random);
        var clock = Stopwatch.StartNew();
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            Exercise(blob, random);
        }
        catch (BpfFormatException)
        {
            // The answer that bad input deserves.
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"BTF fuzzing, seed {seed}: {error.GetType().Name}: {error.Message}", error);
        }
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (allocated > AllocationFloor + AllocationPerByte * blob.Length) throw new InvalidOperationException($"BTF fuzzing, seed {seed}: {allocated} bytes allocated for {blob.Length}");
        if (clock.Elapsed > Slow) throw new InvalidOperationException($"BTF fuzzing, seed {seed}: {clock.Elapsed.TotalSeconds:F1} s for {blob.Length} bytes");
    }

    static int SeedOf(int seed, long number) => unchecked((int)((ulong)(seed + number * 0x9E3779B9) * 0xBF58476D1CE4E5B9 >> 33));

    byte[] Damage(Random random)
    {
        var blob = (byte[])_corpus[random.Next(_corpus.Length)].Clone();
        switch (random.Next(8))
        {
            case 0:
                blob = blob[..random.Next(blob.Length + 1)];
                break;
            case 1:
                var other = _corpus[random.Next(_corpus.Length)];
                var from = random.Next(other.Length);
                var at = random.Next(blob.Length);
                var length = random.Next(Math.Min(other.Length - from, blob.Length - at));
                other.AsSpan(from, length).CopyTo(blob.AsSpan(at));
                break;
            case 2:
                for (var i = random.Next(1, 4); i > 0 && blob.Length > 0; i--) blob[random.Next(Math.Min(blob.Length, Btf.HeaderSize))] = (byte)random.Next(256);
                break;
        }
        // Most damage goes to small numbers in whole words: ids, counts and offsets that stay nearly right reach deepest.
        for (var i = random.Next(6); i > 0 && blob.Length >= 28; i--)
        {
            var word = random.Next(Btf.HeaderSize / 4, blob.Length / 4) * 4;
            switch (random.Next(3))
            {
                case 0:
                    blob[random.Next(blob.Length)] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    BitConverter.TryWriteBytes(blob.AsSpan(word), random.Next(64));
                    break;
                default:
                    BitConverter.TryWriteBytes(blob.AsSpan(word), BitConverter.ToInt32(blob, random.Next(Btf.HeaderSize / 4, blob.Length / 4) * 4));
                    break;
            }
        }
        return blob;
    }

    static void Exercise(byte[] blob, Random random)
    {
        var btf = Btf.Parse(blob, "fuzzed");
        // One or two readers a blob: more blobs find more than more readers of each.
        for (var i = random.Next(1, 3); i > 0; i--) Try(() => Exercise(btf, blob, random));
    }

    static void Exercise(Btf btf, byte[] blob, Random random)
    {
        switch (random.Next(9))
        {
            case 0:
                BtfListing.Write(btf, TextWriter.Null);
                break;
            case 1:
                Read(btf);
                break;
            case 2:
                new BtfDump(btf, TextWriter.Null).WriteAll();
                break;
            case 3:
                for (var i = 0; i < 3; i++) Try(() => new BtfDump(btf, TextWriter.Null).Write(btf[(uint)random.Next((int)btf.Count)]));
                break;
            case 4 or 5:
                Relocate(btf, random);
                break;
            case 6:
                BtfDeduplicator.Deduplicate(btf).Types.Build();
                break;
            case 7:
                var builder = BtfBuilder.From(btf);
                builder.Sanitise((BtfFeatures)random.Next((int)BtfFeatures.All + 1));
                builder.Build();
                break;
            default:
                new BtfBuilder().Copy(btf[(uint)random.Next((int)btf.Count)], new Dictionary<uint, uint>());
                Btf.Parse(blob, "split", btf).TryFind("int", out _);
                break;
        }
    }

    static void Read(Btf btf)
    {
        foreach (var type in btf.Types)
        {
            Try(() => btf.SizeOf(type.Id));
            Try(() => BtfLayout.TryFind(type, "a.b", out _));
            Try(() => btf.TryFind(type.Name, type.Kind, out _));
            if (type.Id > 200) break;
        }
        btf.FindAll("int");
    }

    static void Relocate(Btf btf, Random random)
    {
        var code = new Instruction[2];
        for (var i = 0; i < 20; i++)
        {
            var relocation = new CoreRelocation(random.Next(3), (uint)random.Next((int)btf.Count + 1), AccessPath(random), (CoreRelocationKind)random.Next(14));
            var relocator = new CoreRelocator(btf, new CoreTargets(btf));
            code[0] = new Instruction((byte)random.Next(256), 0, (short)random.Next(8), random.Next(8));
            Try(() => relocator.Apply(code, [relocation], [], "fuzzed"));
        }
    }

    static string AccessPath(Random random) => string.Join(':', Enumerable.Range(0, random.Next(1, 6)).Select(i => i == 0 ? 0 : random.Next(4)));

    static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (BpfFormatException)
        {
            // One reader refuses; the others get their turn.
        }
    }

    static byte[] Sample()
    {
        var btf = new BtfBuilder();
        var number = btf.AddInt("int", 4, isSigned: true);
        var pointer = btf.AddPointer(btf.Count + 1);
        var node = btf.AddStruct("a", 32, btf.Member("a", pointer, 0), btf.Member("", btf.Count + 1, 64), btf.Member("c", number, 128, 3), btf.Member("d", number, 131, 7), btf.Member("e", btf.Count + 2, 160));
        btf.AddUnion("", 8, btf.Member("b", pointer, 0), btf.Member("c", number, 0));
        btf.AddArray(number, number, 3);
        btf.AddEnum("e", true, btf.Enumerator("A", -1), btf.Enumerator("B", 2));
        btf.AddEnum64("w", false, btf.Enumerator("C", 1L << 40));
        var alias = btf.AddTypedef("t", btf.AddConst(btf.AddVolatile(node)));
        btf.AddForward("a");
        var prototype = btf.AddFunctionPrototype(number, btf.Parameter("x", pointer), btf.Parameter("", alias));
        btf.AddFunction("f", prototype, Linkage.Global);
        btf.AddPointer(prototype);
        var variable = btf.AddVariable("v", alias, Linkage.Static);
        btf.AddDataSection(".bss", 32, new BtfSectionVariable(variable, 0, 32));
        btf.AddFloat("double", 8);
        btf.AddDeclarationTag("tag", node, 1);
        btf.AddTypeTag("rcu", node);
        return btf.Serialise();
    }
}
