using Shouldly;
using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Engine.Compilation;
using Skep.Engine.Runtime;
using Skep.Testing;

namespace Skep.Engine.KernelTests.Kernel;

/// <summary>Process atoms: evaluated by a generated function that replaces the fixed one, kept, inherited and evaluated again.</summary>
public class EvaluationTests
{
    static readonly KernelLayout s_layout = new(KernelObjects.Engine().Btf!, generation: 1);

    static int Own => s_layout.Own;

    static int Ancestors => s_layout.Ancestors;

    [KernelFact]
    public void Bits_of_a_process_and_of_its_ancestors_follow_the_executables()
    {
        using var kernel = new KernelSide(Evaluating(1));
        kernel.Attach("probe");
        Native.SystemCall(Native.QuietCall, 0);
        kernel.Until(() => kernel.Records.Count > 0);
        var arguments = CapturedArgument.Of(kernel.Records[0]);
        arguments[0]!.Number.ShouldBe((ulong)PathOf(Environment.ProcessId).Length);

        ulong expected = 0;
        for (var pid = ParentOf(Environment.ProcessId); pid > 0; pid = ParentOf(pid)) expected |= (uint)PathOf(pid).Length;
        // A sandbox may hide the first process's executable.
        (arguments[1]!.Number & expected).ShouldBe(expected);
        if (PathOf(1).Length > 0) arguments[1]!.Number.ShouldBe(expected);

        Native.SystemCall(Native.QuietCall, 0);
        kernel.Until(() => kernel.Records.Count > 1);
        CapturedArgument.Of(kernel.Records[1])[2]!.Number.ShouldBe(arguments[2]!.Number, "evaluated once");
    }

    /// <summary>Sets the first word to the path's length, counts evaluations in the second, and tells both when this process makes the quiet call.</summary>
    static ObjectSpec Evaluating(int hook)
    {
        var program = new CaptureProgram { Hook = hook };
        program.Builder.AddFunction("evaluate_process", ["process", "slot", "path_offset", "path_length", "pid_in_namespace"], code =>
        {
            code.Store(ScalarType.U64, code.Parameter(0), Own, code.Parameter(3));
            code.Store(ScalarType.U64, code.Parameter(0), Own + 8, code.Load(ScalarType.U64, code.Parameter(0), Own + 8) + 1);
            code.Return(0);
        }, Linkage.Global);
        program.OnSyscallOfProcess("probe", Native.QuietCall, 3, (scope, process) =>
        {
            scope.Number(0, scope.Code.Load(ScalarType.U64, process, Own));
            scope.Number(1, scope.Code.Load(ScalarType.U64, process, Ancestors));
            scope.Number(2, scope.Code.Load(ScalarType.U64, process, Own + 8));
        });
        var spec = program.Build();
        // Without types the linker makes it static, and the verifier takes its arguments from the callers: pointers, too.
        spec.Functions["evaluate_process"].BtfTypeId = 0;
        return spec;
    }

    static string PathOf(int pid)
    {
        const string Deleted = " (deleted)";
        try
        {
            var path = new FileInfo($"/proc/{pid}/exe").LinkTarget ?? "";
            return path.EndsWith(Deleted, StringComparison.Ordinal) ? path[..^Deleted.Length] : path;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    static int ParentOf(int pid)
    {
        var text = File.ReadAllText($"/proc/{pid}/stat");
        return int.Parse(text[(text.LastIndexOf(')') + 4)..].Split(' ')[0]);
    }
}
