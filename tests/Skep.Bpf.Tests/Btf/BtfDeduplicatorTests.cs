using Shouldly;
using Xunit;

namespace Skep.Bpf.Tests;

public class BtfDeduplicatorTests
{
    const string ListUnit = """
        [1] STRUCT 'node' size=16 vlen=2
        	'next' type_id=2 bits_offset=0
        	'owner' type_id=3 bits_offset=64
        [2] PTR '(anon)' type_id=1
        [3] PTR '(anon)' type_id=4
        """;

    [Fact]
    public void Deduplicate_merges_cyclic_types_of_two_units()
    {
        var unit = BtfText.Parse(ListUnit + "\n[4] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED");
        var result = Deduplicate(unit, unit, unit);
        result.Build().Count.ShouldBe(unit.Count);
        for (uint id = 1; id < unit.Count; id++)
        {
            result.Map[id].ShouldBe(id);
            result.Map[id + unit.Count - 1].ShouldBe(id);
            result.Map[id + 2 * (unit.Count - 1)].ShouldBe(id);
        }
    }

    [Fact]
    public void Deduplicate_takes_a_declaration_for_the_only_definition_of_its_name()
    {
        var declares = BtfText.Parse(ListUnit + "\n[4] FWD 'owner' fwd_kind=struct");
        var defines = BtfText.Parse(ListUnit + "\n[4] STRUCT 'owner' size=8 vlen=1\n\t'first' type_id=2 bits_offset=0");
        foreach (var result in new[] { Deduplicate(declares, defines), Deduplicate(defines, declares) })
        {
            var btf = result.Build();
            btf.Count.ShouldBe(5u);
            btf.OfKind(BtfKind.Forward).Count().ShouldBe(0);
            result.Map[1].ShouldBe(result.Map[5]);
            result.Map[4].ShouldBe(result.Map[8]);
        }
    }

    [Fact]
    public void Deduplicate_keeps_a_declaration_when_definitions_of_its_name_differ()
    {
        var declares = BtfText.Parse(ListUnit + "\n[4] FWD 'owner' fwd_kind=struct");
        var one = BtfText.Parse("[1] STRUCT 'owner' size=8 vlen=0");
        var two = BtfText.Parse("[1] STRUCT 'owner' size=16 vlen=0");
        var result = Deduplicate(declares, one, two);
        result.Build().OfKind(BtfKind.Forward).Count().ShouldBe(1);
        result.Map[5].ShouldNotBe(result.Map[6]);
    }

    [Fact]
    public void Deduplicate_does_not_take_a_union_declaration_for_a_struct()
    {
        var result = Deduplicate(BtfText.Parse("[1] FWD 'owner' fwd_kind=union"), BtfText.Parse("[1] STRUCT 'owner' size=8 vlen=0"));
        result.Build().Count.ShouldBe(3u);
    }

    [Fact]
    public void Deduplicate_separates_types_that_differ_only_behind_a_pointer()
    {
        var one = BtfText.Parse(ListUnit + "\n[4] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED");
        var two = BtfText.Parse(ListUnit + "\n[4] INT 'long' size=8 bits_offset=0 nr_bits=64 encoding=SIGNED");
        var result = Deduplicate(one, two);
        result.Build().Count.ShouldBe(9u);
        result.Map[1].ShouldNotBe(result.Map[5]);
    }

    [Fact]
    public void Deduplicate_keeps_variables_and_sections_apart_and_merges_functions()
    {
        var unit = BtfText.Parse("""
            [1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
            [2] VAR 'counter' type_id=1, linkage=static
            [3] DATASEC '.bss' size=4 vlen=1
            	type_id=2 offset=0 size=4 (VAR 'counter')
            [4] FUNC_PROTO '(anon)' ret_type_id=1 vlen=0
            [5] FUNC 'helper' type_id=4 linkage=static
            """);
        var result = Deduplicate(unit, unit);
        var btf = result.Build();
        btf.OfKind(BtfKind.Variable).Count().ShouldBe(2);
        btf.OfKind(BtfKind.DataSection).Count().ShouldBe(2);
        btf.OfKind(BtfKind.Function).Count().ShouldBe(1);
        btf[result.Map[8]].SectionVariable(0).TypeId.ShouldBe(result.Map[7]);
    }

    [Fact]
    public void Deduplicate_changes_nothing_the_second_time()
    {
        var unit = new FixtureObject("core_local").Btf;
        var once = Deduplicate(unit, unit, new FixtureObject("core_target").Btf).Build();
        var twice = BtfDeduplicator.Deduplicate(once).Types.Build();
        BtfText.List(twice).ShouldBe(BtfText.List(once));
    }

    [Fact]
    public void Deduplicate_is_quick_on_a_chain_that_defeats_refinement_in_rounds()
    {
        var builder = new BtfBuilder();
        var number = builder.AddInt("int", 4);
        for (var chain = 0; chain < 2; chain++)
        {
            var last = number;
            for (var i = 0; i < 20_000; i++) last = builder.AddPointer(last);
        }
        BtfDeduplicator.Deduplicate(builder.Build()).Types.Count.ShouldBe(20_002u);
    }

    [Fact]
    public void Deduplicate_maps_every_type_to_one_that_says_the_same()
    {
        var builder = new BtfBuilder();
        foreach (var fixture in new[] { "core_local", "core_target", "execsnoop", "minimal", "execsnoop" }) builder.Add(new FixtureObject(fixture).Btf);
        var before = builder.Build();
        var result = BtfDeduplicator.Deduplicate(before);
        var after = result.Types.Build();
        after.Count.ShouldBeLessThan(before.Count);
        foreach (var type in before.Types)
        {
            var merged = after[result[type.Id]];
            if (type.Kind == BtfKind.Forward && merged.IsComposite)
            {
                merged.Name.ShouldBe(type.Name);
                continue;
            }
            Mapped(type, id => result[id]).ShouldBe(Mapped(merged, id => id));
        }
    }

    // The listing of a type without its own id, with every id that it refers to mapped.
    static string Mapped(BtfType type, Func<uint, uint> map)
    {
        var writer = new StringWriter();
        BtfListing.Write(type, writer);
        var text = writer.ToString();
        text = text[(text.IndexOf(']') + 1)..];
        return System.Text.RegularExpressions.Regex.Replace(text, @"type_id=(\d+)", match => $"type_id={map(uint.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture))}");
    }

    static (BtfDeduplication Map, Func<Btf> Build) Deduplicate(params Btf[] units)
    {
        var builder = new BtfBuilder();
        foreach (var unit in units) builder.Add(unit);
        var result = BtfDeduplicator.Deduplicate(builder.Build());
        return (result, () => result.Types.Build());
    }
}
