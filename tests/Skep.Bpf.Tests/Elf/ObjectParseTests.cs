using Shouldly;
using Skep.Bpf.Instructions;
using Xunit;

namespace Skep.Bpf.Tests;

/// <summary>Objects compiled from tests/fixtures in both byte orders, against what vectors/objects.txt says of them.</summary>
public class ObjectParseTests
{
    [Theory]
    [InlineData("functions")]
    [InlineData("maps")]
    [InlineData("variables")]
    [InlineData("externs")]
    [InlineData("structops")]
    [InlineData("sections")]
    [InlineData("addresses")]
    [InlineData("arena")]
    public void Parse_finds_everything_in_an_object_of_either_byte_order(string name)
    {
        var expected = Expected(name);
        var little = Fixture($"{name}.bpf.o");
        var big = Fixture($"{name}.eb.o");
        little.ByteOrder.ShouldBe(ByteOrder.Little);
        big.ByteOrder.ShouldBe(ByteOrder.Big);
        ObjectSpecText.Describe(little).ShouldBe(expected);
        ObjectSpecText.Describe(big).ShouldBe(expected);
    }

    [Theory]
    [InlineData("functions")]
    [InlineData("sections")]
    [InlineData("structops")]
    public void Parse_turns_big_endian_code_into_host_order(string name)
    {
        // These objects touch no memory, whose layout may differ, so that both compilers write the same code.
        var little = Fixture($"{name}.bpf.o");
        var big = Fixture($"{name}.eb.o");
        foreach (var (function, spec) in little.Functions) big.Functions[function].Instructions.ShouldBe(spec.Instructions, function);
    }

    [Fact]
    public void Parse_keeps_source_lines_of_each_function()
    {
        var function = Fixture("functions.bpf.o").Functions["add_hidden"];
        function.Lines.ShouldContain(line => line.Text == "return add_static(x) + add_static(x + 1);");
        function.Lines[0].Index.ShouldBe(0);
        function.Lines[0].File.ShouldEndWith("functions.bpf.c");
        function.Lines.ShouldAllBe(line => line.Line > 0 && line.Index < function.Instructions.Length);
        var spec = Fixture("functions.bpf.o");
        var line = spec.Functions["each"].Lines[0];
        spec.Btf!.StringAt(line.TextOffset).Trim().ShouldBe(line.Text);
    }

    [Fact]
    public void Parse_keeps_core_records_with_their_access_paths()
    {
        var spec = Fixture("externs.bpf.o");
        var record = spec.Functions["use_externs"].CoreRelocations.ShouldHaveSingleItem();
        record.Kind.ShouldBe(CoreRelocationKind.FieldByteOffset);
        spec.Btf![record.TypeId].Name.ShouldBe("task_struct");
        record.Accessor.ShouldStartWith("0:");
    }

    [Fact]
    public void Parse_completes_the_data_sections_of_btf()
    {
        var spec = Fixture("variables.bpf.o");
        spec.Btf!.TryFind(".data", BtfKind.DataSection, out var section).ShouldBeTrue();
        section.Size.ShouldBe(spec.Maps[".data"].ValueSize);
        var offsets = Enumerable.Range(0, section.Count).Select(i => section.SectionVariable(i).Offset).ToList();
        offsets.ShouldBe(offsets.Order());
        offsets.Distinct().Count().ShouldBe(offsets.Count);
    }

    [Fact]
    public void Variable_writes_go_to_the_initial_value_of_its_section()
    {
        var spec = Fixture("variables.bpf.o");
        spec.Variables["limit"].Set(5u);
        spec.Variables["limit"].Get<uint>().ShouldBe(5u);
        BitConverter.ToUInt32(spec.Maps[".rodata"].Data!, spec.Variables["limit"].Offset).ShouldBe(5u);
        Should.Throw<BpfException>(() => spec.Variables["limit"].Set(5UL)).Message.ShouldContain("limit");
    }

    [Fact]
    public void Parse_refuses_legacy_maps_and_says_what_to_write_instead()
    {
        var error = Should.Throw<BpfFormatException>(() => Fixture("legacymaps.bpf.o"));
        error.Message.ShouldContain("legacymaps");
        error.Message.ShouldContain("SEC(\".maps\")");
    }

    [Fact]
    public void FromFile_names_the_file_that_it_cannot_read() =>
        Should.Throw<BpfException>(() => ObjectSpec.FromFile("/nonexistent/x.bpf.o")).Message.ShouldContain("/nonexistent/x.bpf.o");

    [Fact]
    public void Flatten_appends_each_reachable_subprogram_once_and_resolves_calls()
    {
        var spec = Fixture("functions.bpf.o");
        var program = ProgramLinker.Flatten(spec, spec.Programs["third"]);
        program.Functions[0].Name.ShouldBe("third");
        program.Functions.Select(function => function.Name).Order().ShouldBe(["add_hidden", "add_static", "add_weak", "third"]);
        program.Functions.Select(function => function.Start).ShouldBeInOrder();
        foreach (var (instruction, index) in program.Instructions.Select((instruction, index) => (instruction, index)))
        {
            if (!instruction.IsSubprogramCall) continue;
            program.Functions.ShouldContain(function => function.Start == index + 1 + instruction.Immediate);
        }
        program.Relocations.ShouldAllBe(relocation => relocation.Kind == RelocationKind.MapValue);
        program.Relocations.ShouldContain(relocation => program.FunctionAt(relocation.Index).Name == "add_static");
        program.Lines.Select(line => line.Index).ShouldBeInOrder();
        program.Lines.First(line => program.FunctionAt(line.Index).Name == "add_weak").Text.ShouldBe("return add_hidden(x) - 1;");
    }

    [Fact]
    public void Flatten_follows_callbacks()
    {
        var spec = Fixture("functions.bpf.o");
        var program = ProgramLinker.Flatten(spec, spec.Programs["second"]);
        program.Functions.Select(function => function.Name).Order().ShouldBe(["add_global", "add_static", "each", "second"]);
        var load = Array.FindIndex(program.Instructions, instruction => instruction.IsWide);
        ((int)program.Instructions[load].Source).ShouldBe(OpCode.PseudoFunction);
        (load + 1 + program.Instructions[load].Immediate).ShouldBe(program.Functions.Single(function => function.Name == "each").Start);
    }

    [Fact]
    public void Flatten_leaves_the_spec_as_it_was()
    {
        var spec = Fixture("functions.bpf.o");
        var before = spec.Programs["third"].Entry.Instructions.ToArray();
        ProgramLinker.Flatten(spec, spec.Programs["third"]);
        spec.Programs["third"].Entry.Instructions.ShouldBe(before);
    }

    [Fact]
    public void Flatten_refuses_only_the_program_that_uses_an_address_stored_in_data()
    {
        var spec = Fixture("addresses.bpf.o");
        ProgramLinker.Flatten(spec, spec.Programs["copies_string"]);
        var error = Should.Throw<BpfFormatException>(() => ProgramLinker.Flatten(spec, spec.Programs["reads_address"]));
        error.Message.ShouldContain("reads_address");
        error.Message.ShouldContain("names");
    }

    static ObjectSpec Fixture(string file) => ObjectSpec.FromFile(Path.Combine(AppContext.BaseDirectory, "fixtures", file));

    static IEnumerable<string> Expected(string name) =>
        VectorFile.Lines("objects.txt").SkipWhile(line => line != $"object {name}").Skip(1).TakeWhile(line => !line.StartsWith("object ", StringComparison.Ordinal));
}
