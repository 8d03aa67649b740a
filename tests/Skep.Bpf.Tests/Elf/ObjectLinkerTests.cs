using Shouldly;
using Skep.Bpf.Instructions;
using Xunit;

namespace Skep.Bpf.Tests;

public class ObjectLinkerTests
{
    static readonly Instruction s_exit = new(OpCode.ExitInstruction, default, default);
    static readonly Instruction s_call = new(OpCode.CallInstruction, default, (Register)OpCode.PseudoCall, 0, -1);

    [Fact]
    public void Link_gives_the_same_object_as_bpftool()
    {
        var linked = LinkFixtures();
        ObjectSpecText.Describe(linked).ShouldBe(VectorFile.Lines("objects.txt").SkipWhile(line => line != "object linked").Skip(1).TakeWhile(line => !line.StartsWith("object ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Link_resolves_calls_across_objects_when_flattened()
    {
        var linked = LinkFixtures();
        var names = ProgramLinker.Flatten(linked, linked.Programs["first"]).Functions.Select(function => function.Name);
        names.Order(StringComparer.Ordinal).ShouldBe(["decide", "first", "first_taken", "own_function", "own_function.2", "scale", "twice"]);
    }

    [Fact]
    public void Link_keeps_the_initial_values_of_both_objects()
    {
        var linked = LinkFixtures();
        linked.Variables["own_count"].Get<uint>().ShouldBe(10u);
        linked.Variables["own_count.2"].Get<uint>().ShouldBe(30u);
        linked.Variables["second_value"].Get<int>().ShouldBe(20);
        linked.Variables["weak_value"].Get<int>().ShouldBe(4, "the strong definition wins");
    }

    [Fact]
    public void Link_describes_joined_data_sections_in_btf()
    {
        var linked = LinkFixtures();
        var section = linked.Btf![linked.Maps[".data"].ValueTypeId];
        section.Kind.ShouldBe(BtfKind.DataSection);
        section.Size.ShouldBe(linked.Maps[".data"].ValueSize);
        var variables = Enumerable.Range(0, section.Count).Select(section.SectionVariable).ToList();
        variables.Select(variable => variable.Offset).ShouldBeInOrder();
        foreach (var variable in linked.Variables.Values.Where(variable => variable.Map.Name == ".data"))
        {
            variables.ShouldContain(entry => entry.Offset == variable.Offset && entry.Size == variable.Size);
        }
    }

    [Fact]
    public void Link_keeps_source_lines_and_core_records_of_both_objects()
    {
        var linked = LinkFixtures();
        foreach (var function in linked.Functions.Values)
        {
            foreach (var line in function.Lines) linked.Btf!.StringAt(line.TextOffset).Trim().ShouldBe(line.Text);
            foreach (var record in function.CoreRelocations) linked.Btf![record.TypeId].Name.ShouldBe("task_struct");
            linked.Btf![function.BtfTypeId].Kind.ShouldBe(BtfKind.Function);
        }
        linked.Functions["scale"].Lines.ShouldContain(line => line.File.EndsWith("link_second.bpf.c"));
        linked.Functions["first"].CoreRelocations.ShouldNotBeEmpty();
    }

    [Fact]
    public void Link_does_not_change_its_inputs()
    {
        var first = Fixture("link_first.bpf.o");
        var before = ObjectSpecText.Describe(first).ToList();
        new ObjectLinker("linked").Add(first).Add(Fixture("link_second.bpf.o")).Link();
        ObjectSpecText.Describe(first).ShouldBe(before);
    }

    [Fact]
    public void Link_of_one_object_is_that_object()
    {
        foreach (var name in (string[])["functions", "maps", "variables", "externs", "structops", "sections", "addresses", "arena"])
        {
            var spec = Fixture($"{name}.bpf.o");
            var linked = new ObjectLinker(name).Add(spec).Link();
            linked.Warnings.Clear();
            linked.Warnings.AddRange(spec.Warnings);
            ObjectSpecText.Describe(linked).ShouldBe(ObjectSpecText.Describe(spec));
        }
    }

    [Fact]
    public void Link_puts_a_function_built_in_code_in_the_place_of_a_weak_one()
    {
        var generated = new ObjectSpec { Name = "generated" };
        generated.Functions.Add("add_weak", Function("add_weak", [new((byte)InstructionClass.Alu64 | OpCode.Move, Register.R0, default, 0, 42), s_call, s_exit], new Relocation(1, RelocationKind.Call, "unused_global")));
        var linked = new ObjectLinker("linked").Add(Fixture("functions.bpf.o")).Add(generated).Link();
        var program = ProgramLinker.Flatten(linked, linked.Programs["first"]);
        program.Functions.Select(function => function.Name).Order().ShouldBe(["add_static", "add_weak", "first", "unused_global"]);
        program.Functions.ShouldAllBe(function => function.BtfTypeId != 0, "the kernel takes function records for all or none");
        linked.Btf![linked.Functions["add_weak"].BtfTypeId].Linkage.ShouldBe(Linkage.Static);
    }

    [Fact]
    public void Link_lets_code_refer_to_variables_and_maps_of_c_objects()
    {
        var wide = new Instruction(OpCode.LoadImmediate64, Register.R1, default);
        var generated = new ObjectSpec { Name = "generated" };
        generated.Functions.Add("decide", Function("decide", [wide, default, wide, default, s_exit], new Relocation(0, RelocationKind.Extern, "hits", 4), new Relocation(2, RelocationKind.Map, "flows")));
        var linked = new ObjectLinker("linked").Add(Fixture("variables.bpf.o")).Add(WithLicense(Fixture("maps.bpf.o"), "Dual BSD/GPL")).Add(generated).Link();
        var hits = linked.Variables["hits"];
        linked.Functions["decide"].Relocations.ShouldBe([new Relocation(0, RelocationKind.MapValue, ".data", hits.Offset + 4), new Relocation(2, RelocationKind.Map, "flows")]);
    }

    [Fact]
    public void Link_refuses_two_strong_definitions_and_names_both_objects()
    {
        var error = Should.Throw<ObjectLinkException>(() => new ObjectLinker("x").Add(WithFunction("one", "twin")).Add(WithFunction("two", "twin")).Link());
        error.Message.ShouldContain("'twin'");
        error.Message.ShouldContain("'one'");
        error.Message.ShouldContain("'two'");
    }

    [Fact]
    public void Link_refuses_different_licenses()
    {
        var error = Should.Throw<ObjectLinkException>(() => new ObjectLinker("x").Add(WithLicense(WithFunction("one", "a"), "GPL")).Add(WithLicense(WithFunction("two", "b"), "MIT")).Link());
        error.Message.ShouldContain("'GPL' of 'one'");
        error.Message.ShouldContain("'MIT' of 'two'");
    }

    [Fact]
    public void Link_refuses_a_map_that_is_declared_with_another_shape()
    {
        var second = Fixture("link_second.bpf.o");
        second.Maps["second_map"].MaxEntries = 17;
        var error = Should.Throw<ObjectLinkException>(() => new ObjectLinker("x").Add(Fixture("link_first.bpf.o")).Add(second).Link());
        error.Message.ShouldContain("second_map");
        error.Message.ShouldContain("link_first");
        error.Message.ShouldContain("link_second");
    }

    [Fact]
    public void Link_refuses_a_function_that_is_declared_with_another_prototype()
    {
        // twice(int) there, twice(void) here.
        var types = new BtfBuilder();
        var function = types.AddFunction("twice", types.AddFunctionPrototype(types.AddInt("int", 4, isSigned: true)), Linkage.Global);
        var other = new ObjectSpec { Name = "other", Btf = types.Build("other") };
        other.Functions.Add("twice", new FunctionSpec { Name = "twice", Instructions = [s_exit], BtfTypeId = function });
        var error = Should.Throw<ObjectLinkException>(() => new ObjectLinker("x").Add(Fixture("link_second.bpf.o")).Add(other).Link());
        error.Message.ShouldContain("'twice'");
        error.Message.ShouldContain("'other'");
    }

    [Fact]
    public void Link_refuses_a_reference_that_no_object_defines()
    {
        var spec = new ObjectSpec { Name = "lonely" };
        spec.Functions.Add("f", Function("f", [s_call, s_exit], new Relocation(0, RelocationKind.Call, "nowhere")));
        Should.Throw<ObjectLinkException>(() => new ObjectLinker("x").Add(spec).Link()).Message.ShouldContain("'nowhere'");
    }

    [Fact]
    public void Flatten_refuses_an_extern_that_was_never_linked()
    {
        var spec = Fixture("link_first.bpf.o");
        var error = Should.Throw<BpfFormatException>(() => ProgramLinker.Flatten(spec, spec.Programs["first"]));
        error.Message.ShouldContain("declared and not defined");
    }

    static ObjectSpec LinkFixtures() => new ObjectLinker("linked").Add(Fixture("link_first.bpf.o")).Add(Fixture("link_second.bpf.o")).Link();

    static ObjectSpec Fixture(string file) => ObjectSpec.FromFile(Path.Combine(AppContext.BaseDirectory, "fixtures", file));

    static FunctionSpec Function(string name, Instruction[] code, params Relocation[] relocations) => new() { Name = name, Instructions = code, Relocations = relocations };

    static ObjectSpec WithFunction(string objectName, string function)
    {
        var spec = new ObjectSpec { Name = objectName };
        spec.Functions.Add(function, Function(function, [s_exit]));
        return spec;
    }

    static ObjectSpec WithLicense(ObjectSpec spec, string license)
    {
        spec.License = license;
        return spec;
    }
}
