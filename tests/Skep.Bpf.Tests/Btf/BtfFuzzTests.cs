using Shouldly;
using Skep.Bpf.Fuzz;
using Xunit;

namespace Skep.Bpf.Tests;

public class BtfFuzzTests
{
    [Fact]
    public void Nothing_but_a_format_error_comes_out_of_damaged_btf()
    {
        var big = BtfText.Build(VectorFile.Text("btf.txt"));
        var fuzzer = new BtfFuzzer([
            new FixtureObject("core_target").Btf.Data.ToArray(), new FixtureObject("core_local").Btf.Data.ToArray(),
            big.Serialise(ByteOrder.Big), big.Serialise(ByteOrder.Little)]);
        fuzzer.Run(seed: 1, executions: 20_000, limit: TimeSpan.FromSeconds(20)).ShouldBeGreaterThan(1000);
    }
}
