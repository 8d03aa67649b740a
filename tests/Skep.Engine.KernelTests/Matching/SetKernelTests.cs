using System.Net;
using Shouldly;
using Skep.Bpf.Building;
using Skep.Engine.Matching;
using Skep.Engine.Tests.Matching;
using Skep.Testing;

namespace Skep.Engine.KernelTests.Matching;

public class SetKernelTests
{
    const uint MaxVerifiedInstructions = 100_000;

    [KernelFact]
    public void Ranges_give_the_same_rows_in_the_kernel()
    {
        foreach (var count in new[] { 10, 10_000 })
        {
            var random = new Random(count);
            var set = new NumberSet(Enumerable.Range(0, count).SelectMany(n =>
            {
                var first = random.NextInt64(-100_000, 100_000);
                return NumberedRange.Signed(n % 50, first, first + random.Next(n % 3 == 0 ? 1 : 50));
            }));
            int[] numbers = [.. Enumerable.Range(0, 10)];
            using var loaded = new LoadedMatcher(MatcherProgram.Build(b =>
            {
                set.AddTo(b, "set");
                b.AddFunction("match", ["slot", "offset", "length"], code => code.Return(code.Call("set", [code.Load(ScalarType.U64, code.Parameter(0).To(ScalarType.Pointer), MatcherProgram.TextOffset)])));
            }, set.Test, numbers), numbers);
            loaded.VerifiedInstructions.ShouldBeLessThan(MaxVerifiedInstructions);
            for (var i = 0; i < 300; i++)
            {
                var value = i == 0 ? ulong.MaxValue : (ulong)random.NextInt64(-101_000, 101_000);
                loaded.Run(BitConverter.GetBytes(value), out var matched).ShouldBe((ulong)set.Run(value));
                matched.Order().ShouldBe(set.Rows[set.Run(value)].Where(n => n < 10));
            }
        }
    }

    [KernelFact]
    public void Networks_give_the_same_rows_in_the_kernel()
    {
        var random = new Random(9);
        var set = new AddressSet(Enumerable.Range(0, 10_000).Select(n => new NumberedNetwork(n % 100, Network(random))));
        int[] numbers = [.. Enumerable.Range(0, 20)];
        foreach (var (family, size) in new[] { (2, 4), (10, 16) })
        {
            using var loaded = new LoadedMatcher(MatcherProgram.Build(b =>
            {
                set.AddTo(b, "set");
                b.AddFunction("match", ["slot", "offset", "length"], code => code.Return(code.Call("set", [code.Parameter(0), code.Parameter(1), family])));
            }, set.Test, numbers), numbers);
            loaded.VerifiedInstructions.ShouldBeLessThan(MaxVerifiedInstructions);
            for (var i = 0; i < 300; i++)
            {
                var address = Network(random).BaseAddress;
                if (size == 16) address = address.MapToIPv6();
                if (address.GetAddressBytes().Length != size) continue;
                loaded.Run(address.GetAddressBytes(), out var matched).ShouldBe((ulong)set.Run(address), $"{address}");
                matched.Order().ShouldBe(set.Rows[set.Run(address)].Where(n => n < 20));
            }
        }
    }

    static IPNetwork Network(Random random)
    {
        var bytes = new byte[random.Next(2) == 0 ? 16 : 4];
        for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)random.Next(4);
        bytes[0] |= 0x20;
        var length = random.Next(bytes.Length * 8 + 1);
        for (var bit = length; bit < bytes.Length * 8; bit++) bytes[bit / 8] &= (byte)~(0x80 >> bit % 8);
        return new IPNetwork(new IPAddress(bytes), length);
    }
}
