using Shouldly;
using Xunit;

namespace Skep.Bpf.Tests;

public class BtfBuilderTests
{
    static readonly string s_everyKind = VectorFile.Text("btf.txt");

    [Theory]
    [InlineData(ByteOrder.Little)]
    [InlineData(ByteOrder.Big)]
    public void Serialise_writes_every_kind_so_that_it_reads_back(ByteOrder order)
    {
        var btf = Btf.Parse(BtfText.Build(s_everyKind).Serialise(order));
        btf.ByteOrder.ShouldBe(order);
        BtfText.List(btf).ShouldBe(s_everyKind);
    }

    [Fact]
    public void From_copies_a_blob_of_the_other_byte_order_with_the_same_ids()
    {
        var big = Btf.Parse(BtfText.Build(s_everyKind).Serialise(ByteOrder.Big));
        BtfText.List(BtfBuilder.From(big).Build()).ShouldBe(s_everyKind);
    }

    [Fact]
    public void From_copies_what_clang_wrote()
    {
        var btf = new FixtureObject("core_local").Btf;
        BtfText.List(BtfBuilder.From(btf).Build()).ShouldBe(BtfText.List(btf));
    }

    [Fact]
    public void Add_shifts_the_ids_of_the_second_source()
    {
        var source = BtfText.Parse("""
            [1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
            [2] PTR '(anon)' type_id=1
            """);
        var builder = BtfBuilder.From(source);
        builder.Add(source).ShouldBe(3u);
        var sum = builder.Build();
        sum[4].TypeId.ShouldBe(3u);
        sum[3].NameOffset.ShouldBe(sum[1].NameOffset);
    }

    [Fact]
    public void Add_refuses_a_reference_that_would_land_on_another_type()
    {
        var hostile = BtfText.Parse("[1] PTR '(anon)' type_id=9");
        var builder = new BtfBuilder();
        Should.Throw<BpfFormatException>(() => builder.Add(hostile)).Message.ShouldContain("type 9");
    }

    [Fact]
    public void Copy_brings_everything_reachable_once()
    {
        var source = BtfText.Parse(s_everyKind);
        var builder = new BtfBuilder();
        builder.AddInt("other", 4);
        var copied = new Dictionary<uint, uint>();
        var pointer = builder.Copy(source[8], copied);
        builder.Copy(source[7], copied).ShouldBe(copied[7]);
        var btf = builder.Build();
        btf[pointer].Kind.ShouldBe(BtfKind.Pointer);
        var node = btf[btf[pointer].TypeId];
        node.Name.ShouldBe("node");
        node.Member(0).TypeId.ShouldBe(pointer);
        btf.SizeOf(node.Id).ShouldBe(40u);
        btf.Count.ShouldBe(10u); // "other", and node with its pointer, array, union and four integers
    }

    [Fact]
    public void Split_btf_continues_ids_and_strings_of_its_base()
    {
        var kernel = BtfText.Parse(s_everyKind);
        var builder = new BtfBuilder(kernel);
        var id = builder.AddStruct("module_thing", 8, builder.Member("node", 8, 0));
        id.ShouldBe(kernel.Count);
        var module = builder.Build("module");
        module[id].Name.ShouldBe("module_thing");
        module.StringAt(module[id].Member(0).NameOffset).ShouldBe("node");
        module[module[id].Member(0).TypeId].Kind.ShouldBe(BtfKind.Pointer);
        module.TryFind("node", BtfKind.Struct, out var node).ShouldBeTrue();
        node.Btf.ShouldBe(kernel);
        BtfText.List(BtfBuilder.From(module).Build()).ShouldBe(BtfText.List(module));
    }

    [Fact]
    public void Edits_change_sizes_linkage_and_section_variables()
    {
        var builder = BtfText.Build(s_everyKind);
        builder.SetSize(26, 24);
        builder.SetSectionVariables(26, new(25, 0, 4), new(24, 8, 8), new(24, 16, 8));
        builder.SetLinkage(25, Linkage.Global);
        builder.SetLinkage(23, Linkage.Global);
        builder.SetParameter(20, 0, builder.Parameter("renamed", 5));
        builder.SetName(16, "u64_renamed");
        var btf = builder.Build();
        btf[26].Size.ShouldBe(24u);
        btf[26].SectionVariable(2).ShouldBe(new BtfSectionVariable(24, 16, 8));
        btf[25].Linkage.ShouldBe(Linkage.Global);
        btf[23].Linkage.ShouldBe(Linkage.Global);
        btf.StringAt(btf[20].Parameter(0).NameOffset).ShouldBe("renamed");
        btf[16].Name.ShouldBe("u64_renamed");
        btf[27].Name.ShouldBe("double");
        Should.Throw<BpfFormatException>(() => builder.SetLinkage(1, Linkage.Global));
        Should.Throw<BpfFormatException>(() => builder.SetSize(99, 1));
    }

    [Fact]
    public void Sanitise_leaves_everything_when_everything_is_supported()
    {
        var builder = BtfText.Build(s_everyKind);
        builder.Sanitise(BtfFeatures.All);
        BtfText.List(builder.Build()).ShouldBe(s_everyKind);
    }

    [Fact]
    public void Sanitise_rewrites_what_the_first_kernels_did_not_know()
    {
        var builder = BtfText.Build(s_everyKind);
        builder.Sanitise(BtfFeatures.None);
        var lines = BtfText.List(builder.Build());
        lines.ShouldContain("[10] ENUM 'plain' encoding=UNSIGNED size=4 vlen=2");
        lines.ShouldContain("[11] ENUM 'negative' encoding=UNSIGNED");
        lines.ShouldContain("[12] UNION 'wide' size=8 vlen=1\n\t'BIG' type_id=32 bits_offset=0");
        lines.ShouldContain("[20] ENUM '(anon)' encoding=UNSIGNED size=4 vlen=3\n\t'node'");
        lines.ShouldContain("\t'parameter2' val=0");
        lines.ShouldContain("[21] TYPEDEF 'visit' type_id=20");
        lines.ShouldContain("[24] INT 'count' size=1");
        lines.ShouldContain("[26] STRUCT '_bss' size=12 vlen=2\n\t'count' type_id=24 bits_offset=0\n\t'hidden' type_id=25 bits_offset=64");
        lines.ShouldContain("[27] STRUCT '(anon)' size=8 vlen=0");
        lines.ShouldContain("[28] INT 'important' size=1");
        lines.ShouldContain("[30] CONST '(anon)' type_id=7");
        lines.ShouldContain("[32] INT 'enum64_placeholder' size=1");
    }

    [Fact]
    public void Sanitise_makes_functions_static_for_kernels_before_their_linkage()
    {
        var builder = BtfText.Build(s_everyKind);
        builder.Sanitise(BtfFeatures.All & ~BtfFeatures.FunctionLinkage);
        builder.Build()[22].Linkage.ShouldBe(Linkage.Static);
    }
}
