using Shouldly;
using Skep.Bpf.Instructions;
using Xunit;

namespace Skep.Bpf.Tests;

public class CoreVectorTests
{
    [Fact]
    public void Apply_fits_every_fixture_to_the_other_kernel_as_the_vectors_say()
    {
        var local = new FixtureObject("core_local");
        var target = new FixtureObject("core_target").Btf;
        var relocations = local.CoreRelocations();
        foreach (var line in VectorFile.Lines("core.txt"))
        {
            var (name, expected) = (line.Split(' ', 2)[0], line.Split(' ', 2)[1].Trim());
            if (!relocations.TryGetValue("core/" + name, out var list)) continue; // an older clang cannot express it
            var code = local.Code("core/" + name);
            var poisons = new List<CorePoison>();
            new CoreRelocator(local.Btf, new CoreTargets(target)).Apply(code, list, poisons, name);

            if (expected.StartsWith("ll local ", StringComparison.Ordinal)) expected = $"ll {IdOf(local.Btf, expected[9..])}";
            if (expected.StartsWith("ll target ", StringComparison.Ordinal)) expected = $"ll {IdOf(target, expected[10..])}";
            Describe(code, poisons).ShouldBe(expected, name);
        }
        relocations.Count.ShouldBeGreaterThan(40);
    }

    static uint IdOf(Btf btf, string name) => btf.TryFind(name, BtfKind.Struct, out var type) ? type.Id : 0;

    static string Describe(Instruction[] code, List<CorePoison> poisons)
    {
        if (poisons is [var poison])
        {
            code[0].IsHelperCall.ShouldBeTrue();
            code[0].Immediate.ShouldBe(CorePoison.Immediate);
            return $"poison {poison.Description}";
        }
        var first = code[0];
        if (first.IsWide) return $"ll {(uint)first.Immediate | (ulong)(uint)code[1].Immediate << 32}";
        if (first.Class is InstructionClass.Alu32 or InstructionClass.Alu64) return $"{first.Immediate}";
        var bits = (first.Code & OpCode.SizeMask) switch { OpCode.Byte => 8, OpCode.Half => 16, OpCode.Word => 32, _ => 64 };
        return $"u{bits} +{first.Offset}";
    }
}
