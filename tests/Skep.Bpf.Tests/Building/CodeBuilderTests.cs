using Shouldly;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;
using Skep.Bpf.Interpreter;
using Xunit;

namespace Skep.Bpf.Tests;

public class CodeBuilderTests
{
    public static TheoryData<string> Cases => [.. BuilderCases.All.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Built_code_computes_in_the_interpreter_what_csharp_does(string name)
    {
        var test = BuilderCases.All.Single(c => c.Name == name);
        var spec = test.Build();
        var random = new Random(7);
        for (var run = 0; run < 50; run++)
        {
            var machine = new Machine();
            var program = machine.Load(spec, BuilderCase.Program);
            var inputs = BuilderCase.RandomInputs(random);
            var context = machine.Memory.Map("context", BuilderCase.Context(inputs));
            try
            {
                machine.Run(program, context).ShouldBe(0u);
            }
            catch (MachineFaultException fault)
            {
                throw new InvalidOperationException($"{fault.Message}\n{Listing(spec)}", fault);
            }
            BitConverter.ToUInt64(context.Bytes[^8..]).ShouldBe(test.Expected(inputs), $"inputs {string.Join(", ", inputs)}\n{Listing(spec)}");
        }
    }

    [Fact]
    public void Building_twice_gives_the_same_code()
    {
        foreach (var test in BuilderCases.All)
        {
            var (first, second) = (test.Build(), test.Build());
            foreach (var (name, function) in first.Functions) function.Instructions.ShouldBe(second.Functions[name].Instructions);
        }
    }

    [Fact]
    public void Lines_point_at_the_csharp_file_without_its_directory()
    {
        var build = new ObjectBuilder("lines");
        build.AddProgram("xdp", "pass", code =>
        {
            var length = code.Load(ScalarType.U32, code.Context, 4) - code.Load(ScalarType.U32, code.Context);
            using (code.If(length > 100)) code.Return(1);
            code.Return(2);
        });
        var lines = build.Build().Functions["pass"].Lines;
        lines[0].Index.ShouldBe(0);
        lines.ShouldAllBe(l => l.File == "CodeBuilderTests.cs" && l.Line > 0);
        lines.ShouldContain(l => l.Text == "if (length > 100)");
        lines.ShouldContain(l => l.Text == "return 2");
    }

    [Fact]
    public void Constants_are_folded_and_unused_results_dropped()
    {
        var build = new ObjectBuilder("small");
        build.AddProgram("xdp", "two", code =>
        {
            Value one = 1;
            _ = code.Load(ScalarType.U32, code.Context) * 17;
            code.Return(one + 1);
        });
        InstructionVectors.Text(build.Build().Functions["two"].Instructions).ShouldBe("r0 = 2\nexit");
    }

    [Fact]
    public void Code_stays_close_to_what_one_would_write_by_hand()
    {
        var build = new ObjectBuilder("count");
        build.AddMap(new MapSpec { Name = "counts", Type = MapType.Hash, KeySize = 4, ValueSize = 8, MaxEntries = 16 });
        build.AddProgram("tracepoint/sched/sched_process_exec", "on_exec", code =>
        {
            var pid = code.Call(HelperFunction.GetCurrentPidTgid) >> 32;
            using (code.Lookup("counts", pid, out var count)) code.AtomicAdd(ScalarType.U64, count, 0, 1);
            using (code.Else()) code.Update("counts", pid, 1);
        });
        InstructionVectors.Text(build.Build().Functions["on_exec"].Instructions).ShouldBe("""
            call bpf_get_current_pid_tgid#14
            r6 = r0
            r6 >>= 32
            *(u32 *)(r10 - 8) = r6
            r1 = map_fd(0) ll
            r2 = r10
            r2 += -8
            call bpf_map_lookup_elem#1
            r2 = r0
            if r2 == 0 goto +3
            r3 = 1
            lock *(u64 *)(r2 + 0) += r3
            goto +10
            *(u32 *)(r10 - 8) = r6
            *(u64 *)(r10 - 16) = 1
            r1 = map_fd(0) ll
            r2 = r10
            r2 += -8
            r3 = r10
            r3 += -16
            r4 = 0
            call bpf_map_update_elem#2
            r0 = 0
            exit
            """);
    }

    [Fact]
    public void Too_much_stack_is_diagnosed_with_the_function_and_the_sizes()
    {
        var build = new ObjectBuilder("large");
        Should.Throw<BpfException>(() => build.AddProgram("xdp", "greedy", code => code.Stack(520))).Message.ShouldContain("'greedy' needs 520 bytes of stack");
    }

    [Fact]
    public void Mistakes_are_named()
    {
        var build = new ObjectBuilder("wrong");
        Should.Throw<BpfException>(() => build.AddProgram("nonsense", "p", _ => { })).Message.ShouldContain("section 'nonsense'");
        build.AddProgram("xdp", "p", code =>
        {
            Should.Throw<InvalidOperationException>(() => code.Else());
            Should.Throw<InvalidOperationException>(() => code.Break()).Message.ShouldContain("not inside of a loop");
            Should.Throw<ArgumentException>(() => code.Assign(code.Context + 1, 2));
            Should.Throw<ArgumentException>(() => code.Lookup("unknown", 5, out _));
        });
        Should.Throw<BpfException>(() => build.AddProgram("xdp", "p", _ => { })).Message.ShouldContain("'p'");
        Should.Throw<BpfException>(() => new RecordLayout().Add("pid", ScalarType.U32)["tid"]).Message.ShouldContain("pid");
    }

    [Fact]
    public void Layout_from_btf_knows_nested_fields()
    {
        var types = new BtfBuilder();
        var number = types.AddInt("int", 4, isSigned: true);
        var inner = types.AddStruct("inner", 8, types.Member("a", number, 0), types.Member("b", types.AddArray(number, number, 1), 32));
        types.AddStruct("outer", 24, types.Member("first", types.AddPointer(0), 0), types.Member("in", inner, 64), types.Member("", inner, 128));
        var layout = RecordLayout.FromBtf(types.Build("test"), "outer");
        layout.Size.ShouldBe(24);
        layout["first"].ShouldBe(new Field("first", 0, ScalarType.Pointer));
        layout["in.b"].ShouldBe(new Field("in.b", 12, ScalarType.S32));
        layout["a"].ShouldBe(new Field("a", 16, ScalarType.S32));
    }

    [Fact]
    public void Perf_output_and_tail_calls_reach_their_maps()
    {
        var build = new ObjectBuilder("output");
        build.AddMap(new MapSpec { Name = "events", Type = MapType.PerfEventArray, KeySize = 4, ValueSize = 4 });
        build.AddMap(new MapSpec { Name = "table", Type = MapType.ProgArray, KeySize = 4, ValueSize = 4, MaxEntries = 4 });
        build.AddProgram("xdp", "first", code =>
        {
            code.TailCall("table", 1);
            code.Return(7);
        });
        build.AddProgram("xdp", "second", code =>
        {
            var record = code.Stack(16);
            code.Store(ScalarType.U32, record, 0, 0x11223344);
            code.PerfOutput("events", record, 12);
            code.Return(8);
        });
        var spec = build.Build();
        var machine = new Machine();
        var first = machine.Load(spec, "first");
        machine.Run(first).ShouldBe(7u);
        ((VirtualProgramArray)machine.Maps["table"])[1] = machine.Load(spec, "second");
        machine.Run(first).ShouldBe(8u);
        ((VirtualPerfEventArray)machine.Maps["events"]).Samples.ShouldHaveSingleItem().Data.ShouldBe([0x44, 0x33, 0x22, 0x11, 0, 0, 0, 0, 0, 0, 0, 0]);
    }

    static string Listing(ObjectSpec spec)
    {
        var output = new StringWriter();
        foreach (var function in spec.Functions.Values) Disassembler.WriteListing(function, output);
        return output.ToString();
    }
}
