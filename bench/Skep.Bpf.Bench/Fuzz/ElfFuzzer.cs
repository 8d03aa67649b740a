using System.Buffers.Binary;

namespace Skep.Bpf.Fuzz;

/// <summary>
/// Damages real objects, parses them, and flattens and links what parses. The only errors allowed are the typed ones.
/// An execution that allocates out of proportion to its file, or takes seconds, is a failure, too.
/// </summary>
static class ElfFuzzer
{
    const long AllocationFloor = 8L << 20;
    const long AllocationPerByte = 256;
    static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);
    static readonly uint[] s_numbers = [0, 1, 2, 3, 4, 7, 8, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xfff0, 0xfff1, 0xfff2, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff];

    /// <summary>Runs over the objects in <c>fixtures/</c> beside the binary.</summary>
    /// <returns>How many of the damaged objects still parsed.</returns>
    public static long Run(int seed, long executions) => Run(seed, executions, Corpus(Path.Combine(AppContext.BaseDirectory, "fixtures")));

    public static IReadOnlyList<byte[]> Corpus(string directory) =>
        [.. Directory.EnumerateFiles(directory, "*.o").Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    public static long Run(int seed, long executions, IReadOnlyList<byte[]> corpus)
    {
        var random = new Random(seed);
        long parsed = 0;
        for (long i = 0; i < executions; i++)
        {
            var input = Damage(corpus[random.Next(corpus.Count)], corpus, random);
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var started = System.Diagnostics.Stopwatch.GetTimestamp();
            try
            {
                var spec = ObjectSpec.Parse(input, "fuzzed");
                parsed++;
                Walk(spec);
                // Merging types costs more than all the rest.
                if (random.Next(8) == 0) new ObjectLinker("linked").Add(spec).Link();
            }
            catch (Exception error) when (error is BpfFormatException or ObjectLinkException)
            {
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"seed {seed}, execution {i}: {error.GetType().Name}: {error.Message}", error);
            }
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            if (allocated > AllocationFloor + AllocationPerByte * input.Length) throw new InvalidOperationException($"seed {seed}, execution {i}: {allocated} bytes allocated for a file of {input.Length}");
            if (System.Diagnostics.Stopwatch.GetElapsedTime(started) > s_limit) throw new InvalidOperationException($"seed {seed}, execution {i}: longer than {s_limit}");
        }
        return parsed;
    }

    static void Walk(ObjectSpec spec)
    {
        foreach (var variable in spec.Variables.Values)
        {
            // Zero sections are made on demand; a loader would be told their size by the kernel.
            if (variable.Map.ValueSize < 1 << 20 && variable.Map.Type == MapType.Array) _ = variable.Bytes.Length;
        }
        foreach (var program in spec.Programs.Values)
        {
            try
            {
                ProgramLinker.Flatten(spec, program);
            }
            catch (BpfFormatException)
            {
            }
        }
    }

    static byte[] Damage(byte[] original, IReadOnlyList<byte[]> corpus, Random random)
    {
        var bytes = (byte[])original.Clone();
        for (var count = 1 << random.Next(5); count > 0; count--)
        {
            if (bytes.Length < 64) break;
            switch (random.Next(10))
            {
                case 0: bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[random.Next(bytes.Length)] = (byte)random.Next(256); break;
                case 2: bytes[random.Next(64)] = (byte)random.Next(256); break;
                case 3: BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(random.Next(bytes.Length / 2 - 1) * 2), (ushort)Number(random)); break;
                case 4: BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(random.Next(bytes.Length / 4 - 1) * 4), Number(random)); break;
                case 5: BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(random.Next(bytes.Length / 4 - 1) * 4), Number(random)); break;
                case 6: DamageSectionHeader(bytes, random); break;
                case 7:
                    if (random.Next(8) == 0) bytes = bytes[..random.Next(bytes.Length)];
                    break;
                case 8:
                    var other = corpus[random.Next(corpus.Count)];
                    var length = Math.Min(random.Next(256), Math.Min(other.Length, bytes.Length));
                    other.AsSpan(random.Next(other.Length - length + 1), length).CopyTo(bytes.AsSpan(random.Next(bytes.Length - length + 1)));
                    break;
                default:
                    BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(random.Next(bytes.Length / 4 - 1) * 4), (uint)random.Next(bytes.Length));
                    break;
            }
        }
        return bytes;
    }

    static void DamageSectionHeader(byte[] bytes, Random random)
    {
        var isBig = bytes[5] == 2;
        var table = isBig ? BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(40)) : BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(40));
        var count = isBig ? BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(60)) : BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(60));
        var field = table + (ulong)random.Next(Math.Max((int)count, 1)) * 64 + (ulong)random.Next(16) * 4;
        if (field > (ulong)bytes.Length - 4) return;
        var value = random.Next(2) == 0 ? Number(random) : (uint)random.Next(bytes.Length + 8);
        if (isBig) BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan((int)field), value);
        else BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan((int)field), value);
    }

    static uint Number(Random random) => random.Next(4) == 0 ? (uint)random.NextInt64(1L << 32) : s_numbers[random.Next(s_numbers.Length)];
}
