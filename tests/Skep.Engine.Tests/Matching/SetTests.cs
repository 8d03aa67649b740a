using System.Net;
using Shouldly;
using Skep.Engine.Matching;
using Xunit;

namespace Skep.Engine.Tests.Matching;

public class SetTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(500)]
    public void Random_ranges_match_as_the_naive_evaluation_and_generated_code_agrees(int count)
    {
        var random = new Random(count);
        var ranges = Enumerable.Range(0, count).SelectMany(n =>
        {
            var first = random.NextInt64(-2000, 2000);
            return NumberedRange.Signed(n % 20, first, first + random.Next(n % 3 == 0 ? 1 : 50));
        }).Append(new NumberedRange(20, ulong.MaxValue, ulong.MaxValue)).ToList();
        var set = new NumberSet(ranges);
        int[] numbers = [.. Enumerable.Range(0, 21)];
        var machine = new InterpretedMatcher(MatcherProgram.Build(b =>
        {
            set.AddTo(b, "set");
            b.AddFunction("match", ["slot", "offset", "length"], code => code.Return(code.Call("set", [code.Load(Bpf.Building.ScalarType.U64, code.Parameter(0).To(Bpf.Building.ScalarType.Pointer), MatcherProgram.TextOffset)])));
        }, set.Test, numbers), numbers);
        foreach (var value in Enumerable.Range(0, 400).Select(_ => (ulong)random.NextInt64(-2100, 2100)).Concat(new ulong[] { 0, ulong.MaxValue, ulong.MaxValue - 1, long.MaxValue, 1UL << 63 }))
        {
            var expected = ranges.Where(r => value >= r.First && value <= r.Last).Select(r => r.Number).Distinct().Order().ToList();
            set.Rows[set.Run(value)].ShouldBe(expected);
            machine.Run(BitConverter.GetBytes(value), out var matched).ShouldBe((ulong)set.Run(value));
            matched.Order().ShouldBe(expected);
        }
    }

    [Fact]
    public void Random_networks_match_as_the_naive_evaluation_and_generated_code_agrees()
    {
        var random = new Random(5);
        var networks = Enumerable.Range(0, 200).Select(n => new NumberedNetwork(n % 30, Network(random))).ToList();
        var set = new AddressSet(networks);
        int[] numbers = [.. Enumerable.Range(0, 30)];
        var machines = new[] { 2, 10, 1 }.ToDictionary(family => family, family => new InterpretedMatcher(MatcherProgram.Build(b =>
        {
            set.AddTo(b, "set");
            b.AddFunction("match", ["slot", "offset", "length"], code => code.Return(code.Call("set", [code.Parameter(0), code.Parameter(1), family])));
        }, set.Test, numbers), numbers));
        for (var i = 0; i < 300; i++)
        {
            var address = i % 3 == 0 ? Network(random).BaseAddress.MapToIPv6() : Network(random).BaseAddress;
            var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
            var expected = networks.Where(n => (n.Network.BaseAddress.AddressFamily == plain.AddressFamily && n.Network.Contains(plain)) || (n.Network.BaseAddress.IsIPv4MappedToIPv6 && n.Network.Contains(plain.MapToIPv6()))).Select(n => n.Number).Distinct().Order().ToList();
            set.Rows[set.Run(address)].ShouldBe(expected, $"{address}");
            var bytes = address.GetAddressBytes();
            machines[bytes.Length == 4 ? 2 : 10].Run(bytes, out var matched).ShouldBe((ulong)set.Run(address));
            matched.Order().ShouldBe(expected);
            machines[1].Run(bytes, out _).ShouldBe(0UL);
        }
    }

    static IPNetwork Network(Random random)
    {
        var v6 = random.Next(2) == 0;
        var bytes = new byte[v6 ? 16 : 4];
        for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)random.Next(2);
        if (v6) bytes[0] = 0x20;
        var length = random.Next(bytes.Length * 8 + 1);
        for (var bit = length; bit < bytes.Length * 8; bit++) bytes[bit / 8] &= (byte)~(0x80 >> bit % 8);
        // Now and then an IPv4 network as IPv6 writes it.
        return !v6 && random.Next(3) == 0 ? new IPNetwork(new IPAddress(bytes).MapToIPv6(), 96 + length) : new IPNetwork(new IPAddress(bytes), length);
    }
}
