using Shouldly;
using Xunit;

namespace Skep.Bpf.Tests;

public class BtfDumpTests
{
    [Fact]
    public void Write_gives_the_text_of_the_vectors()
    {
        foreach (var part in VectorFile.Text("dump.txt").Split("====\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var (types, expected) = (part.Split("----\n")[0], part.Split("----\n")[1]);
            var writer = new StringWriter();
            new BtfDump(BtfText.Parse(types), writer).WriteAll();
            writer.ToString().Trim().ShouldBe(expected.Trim());
        }
    }

    [Theory]
    [InlineData("core_local")]
    [InlineData("core_target")]
    [InlineData("execsnoop")]
    public void WriteAll_compiles_to_the_same_layout(string fixture)
    {
        BtfCompileCheck.Compile(new FixtureObject(fixture).Btf, out var assertions).ShouldBe("");
        assertions.ShouldBeGreaterThan(5);
    }

    [Fact]
    public void WriteAll_compiles_for_layouts_that_need_padding_packing_and_alignment() =>
        BtfCompileCheck.Compile(BtfText.Parse(VectorFile.Text("layouts.txt")), out _).ShouldBe("");

    [Fact]
    public void Write_declares_what_is_only_pointed_to()
    {
        var btf = BtfText.Parse(VectorFile.Text("btf.txt"));
        var writer = new StringWriter();
        new BtfDump(btf, writer).Write(btf[22]);
        writer.ToString().ShouldBe("");
        btf.TryFind("u64", BtfKind.Typedef, out var type).ShouldBeTrue();
        new BtfDump(btf, writer).Write(type);
        writer.ToString().ShouldBe("typedef unsigned long u64;\n\n");
    }

    [Fact]
    public void Declare_writes_declarators_inside_out()
    {
        var btf = BtfText.Parse("""
            [1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
            [2] FUNC_PROTO '(anon)' ret_type_id=1 vlen=2
            	'first' type_id=5
            	'(anon)' type_id=0
            [3] PTR '(anon)' type_id=2
            [4] ARRAY '(anon)' type_id=3 index_type_id=1 nr_elems=4
            [5] PTR '(anon)' type_id=4
            [6] CONST '(anon)' type_id=7
            [7] PTR '(anon)' type_id=8
            [8] CONST '(anon)' type_id=1
            [9] FUNC_PROTO '(anon)' ret_type_id=6 vlen=0
            [10] ARRAY '(anon)' type_id=11 index_type_id=1 nr_elems=0
            [11] ARRAY '(anon)' type_id=8 index_type_id=1 nr_elems=2
            """);
        var dump = new BtfDump(btf, TextWriter.Null);
        dump.Declare(6, "x").ShouldBe("const int * const x");
        dump.Declare(9, "f").ShouldBe("const int * const f(void)");
        dump.Declare(10, "a").ShouldBe("const int a[0][2]");
        Should.Throw<BpfFormatException>(() => dump.Declare(5, "loop"));
    }
}
