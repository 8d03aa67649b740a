using Shouldly;
using Skep.Bpf.Fuzz;
using Xunit;

namespace Skep.Bpf.Tests;

public class ElfFuzzTests
{
    [Fact]
    public void Parse_survives_damaged_objects()
    {
        // The fuzzer itself throws when anything but a BpfFormatException comes out.
        var parsed = ElfFuzzer.Run(seed: 20, executions: 20_000);
        parsed.ShouldBeInRange(1, 19_999);
    }

    [Fact]
    public void Parse_survives_every_truncation_of_an_object()
    {
        var whole = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "fixtures", "functions.bpf.o"));
        for (var length = 0; length < whole.Length; length++)
        {
            Should.Throw<BpfFormatException>(() => ObjectSpec.Parse(whole.AsMemory(0, length), "cut")).Message.ShouldContain("cut");
        }
    }
}
