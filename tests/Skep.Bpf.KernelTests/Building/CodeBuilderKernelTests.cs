using Shouldly;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;
using Skep.Bpf.Tests;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

public class CodeBuilderKernelTests
{
    [KernelFact]
    public void Built_code_computes_in_the_kernel_what_csharp_does()
    {
        var random = new Random(11);
        foreach (var test in BuilderCases.All)
        {
            using var loaded = BpfObject.Load(test.Build());
            for (var run = 0; run < 10; run++)
            {
                var inputs = BuilderCase.RandomInputs(random);
                var result = loaded.Programs[BuilderCase.Program].TestRun(new TestRunOptions { Context = BuilderCase.Context(inputs) });
                result.ReturnValue.ShouldBe(0u, test.Name);
                BitConverter.ToUInt64(result.Context, BuilderCase.Inputs * 8).ShouldBe(test.Expected(inputs), $"{test.Name}, inputs {string.Join(", ", inputs)}");
            }
        }
    }

    [KernelFact]
    public void The_verifiers_log_quotes_the_csharp_line()
    {
        var build = new ObjectBuilder("bad");
        build.AddMap(new MapSpec { Name = "values", Type = MapType.Hash, KeySize = 4, ValueSize = 8, MaxEntries = 4 });
        build.AddProgram("syscall", "careless", code =>
        {
            var key = code.Stack(4);
            var value = code.Call(HelperFunction.MapLookupElem, [code.Map("values"), key]);
            code.Store(ScalarType.U64, value, 0, 1, "forgotten check");
        });
        var error = Should.Throw<BpfException>(() => BpfObject.Load(build.Build()));
        error.ToString().ShouldContain("CodeBuilderKernelTests.cs");
        error.ToString().ShouldContain("forgotten check");
    }

    [KernelFact]
    public void Tail_calls_reach_the_program_in_the_array()
    {
        var build = new ObjectBuilder("tail");
        build.AddMap(new MapSpec { Name = "table", Type = MapType.ProgArray, KeySize = 4, ValueSize = 4, MaxEntries = 2 });
        build.AddProgram("xdp", "first", code =>
        {
            code.TailCall("table", 1);
            code.Return(1);
        });
        build.AddProgram("xdp", "second", code => code.Return(2));
        using var loaded = BpfObject.Load(build.Build());
        loaded.Programs["first"].TestRun(new byte[64]).ReturnValue.ShouldBe(1u);
        new ProgArray(loaded.Maps["table"]).Set(1, loaded.Programs["second"]);
        loaded.Programs["first"].TestRun(new byte[64]).ReturnValue.ShouldBe(2u);
    }

    [KernelFact]
    public void Records_arrive_through_ring_buffer_and_perf_buffer()
    {
        var build = new ObjectBuilder("records");
        build.AddMap(new MapSpec { Name = "ring", Type = MapType.RingBuffer, MaxEntries = 4096 });
        build.AddMap(new MapSpec { Name = "perf", Type = MapType.PerfEventArray, KeySize = 4, ValueSize = 4 });
        build.AddProgram("xdp", "send", code =>
        {
            var length = code.Load(ScalarType.U32, code.Context, 4) - code.Load(ScalarType.U32, code.Context);
            using (code.Reserve("ring", 8, out var record)) code.Store(ScalarType.U64, record, 0, length);
            var buffer = code.Stack(12);
            code.Store(ScalarType.U32, buffer, 8, 0x55667788);
            code.PerfOutput("perf", buffer, 12);
            code.Return(2);
        });
        using var loaded = BpfObject.Load(build.Build());
        var received = new List<byte[]>();
        using var perf = new PerfBufferReader(loaded.Maps["perf"]);
        using var ring = new RingBufferReader();
        ring.Add(loaded.Maps["ring"], record => received.Add(record.ToArray()));
        loaded.Programs["send"].TestRun(new byte[64]).ReturnValue.ShouldBe(2u);
        ring.Poll(TimeSpan.FromSeconds(5));
        received.ShouldHaveSingleItem().ShouldBe(BitConverter.GetBytes(64L));
        perf.Poll((_, record) => received.Add(record[..12].ToArray()), TimeSpan.FromSeconds(5));
        received[1].ShouldBe([0, 0, 0, 0, 0, 0, 0, 0, 0x88, 0x77, 0x66, 0x55]);
    }

    [KernelFact(KernelFeature.TaskKfuncs)]
    public void Kernel_functions_are_called_by_name()
    {
        var build = new ObjectBuilder("kfuncs");
        build.AddProgram("tc", "find", code =>
        {
            var task = code.CallKernel("bpf_task_from_pid", [Environment.ProcessId]);
            using (code.If(task != 0))
            {
                code.CallKernel("bpf_task_release", [task]);
                code.Return(7);
            }
            code.Return(9);
        });
        using var loaded = BpfObject.Load(build.Build());
        loaded.Programs["find"].TestRun(new byte[64]).ReturnValue.ShouldBe(7u);
    }

    [KernelFact]
    public void Built_functions_link_with_objects_compiled_from_C_in_both_directions()
    {
        var build = new ObjectBuilder("managed");
        build.AddFunction("decide", ["left", "right"], code =>
        {
            using (code.If(code.Parameter(0) > code.Parameter(1))) code.Return(code.Parameter(0));
            code.Return(code.Call("triple", [code.Parameter(1)]));
        }, Linkage.Global);
        var compiled = ObjectSpec.FromFile(Path.Combine(AppContext.BaseDirectory, "fixtures", "managed_calls.bpf.o"));
        using var loaded = BpfObject.Load(new ObjectLinker("both").Add(compiled).Add(build.Build()).Link());
        Decide(9, 5).ShouldBe(9u);
        Decide(5, 9).ShouldBe(27u);

        ulong Decide(ulong left, ulong right)
        {
            var context = new byte[24];
            BitConverter.TryWriteBytes(context.AsSpan(0), left);
            BitConverter.TryWriteBytes(context.AsSpan(8), right);
            return BitConverter.ToUInt64(loaded.Programs["call_managed"].TestRun(new TestRunOptions { Context = context }).Context, 16);
        }
    }
}
