using System.Diagnostics;
using System.Globalization;
using Shouldly;
using Skep.Testing;
using Xunit;

namespace Skep.Agent.KernelTests.Enforcement;

/// <summary>Which processes and results a selector lets through.</summary>
[Collection("this kernel")]
public sealed class SelectorTests : IDisposable
{
    readonly TemporaryDirectory _directory = new();
    readonly string _path;

    public SelectorTests()
    {
        _path = _directory.File("watched");
        File.WriteAllText(_path, "");
    }

    [KernelFact]
    public void Children_of_a_program_are_followed_through_forks_and_executions()
    {
        var root = _directory.File("root");
        File.Copy("/bin/bash", root);
        using var engine = Watching($$"""
            matchBinaries:
            - {operator: In, values: ["{{root}}"], followChildren: true}
            """);
        ChildProcess.Run("/bin/cat", _path).Status.ShouldBe(0);
        ChildProcess.Run(root, "-c", $"(/bin/bash -c '/bin/cat {_path}; true'); true").Status.ShouldBe(0);
        var seen = Seen(engine);
        seen.Count.ShouldBe(1);
        seen[0].ShouldContain("\"binary\":\"/usr/bin/cat\"");
    }

    [KernelFact]
    public void Forks_of_a_pid_are_followed()
    {
        using var shell = Process.Start(new ProcessStartInfo("/bin/bash") { RedirectStandardInput = true })!;
        using var engine = Watching($$"""
            matchPIDs:
            - {operator: In, values: [{{shell.Id.ToString(CultureInfo.InvariantCulture)}}], followForks: true}
            """);
        ChildProcess.Run("/bin/cat", _path).Status.ShouldBe(0);
        shell.StandardInput.WriteLine($"(/bin/cat {_path}; true)");
        shell.StandardInput.Close();
        shell.WaitForExit();
        Seen(engine).Count.ShouldBe(1);
    }

    [KernelFact]
    public void First_process_of_a_pid_namespace_and_its_children_are_told_from_those_that_enter_it()
    {
        using var engine = Watching("""
            matchPIDs:
            - {operator: NotIn, values: [1], isNamespacePID: true, followForks: true}
            """);
        ChildProcess.Run("/bin/cat", _path).Status.ShouldBe(0);
        ChildProcess.Run("/usr/bin/unshare", "-pf", "/bin/bash", "-c", $"/bin/cat {_path}; true").Status.ShouldBe(0);
        Seen(engine).ShouldBeEmpty();
        ChildProcess.Shell($"unshare -pf --kill-child sleep 5 & sleep 0.3; nsenter -t $(cat /proc/$!/task/$!/children) -p cat {_path}; kill $!");
        Seen(engine).Count.ShouldBe(1);
    }

    [KernelFact]
    public void Namespace_of_the_host_is_told_from_others()
    {
        using var engine = Watching("""
            matchNamespaces:
            - {namespace: Uts, operator: NotIn, values: [host_ns]}
            """);
        ChildProcess.Run("/bin/cat", _path).Status.ShouldBe(0);
        Seen(engine).ShouldBeEmpty();
        ChildProcess.Run("/usr/bin/unshare", "-u", "/bin/cat", _path).Status.ShouldBe(0);
        Seen(engine).Count.ShouldBe(1);
    }

    [KernelFact]
    public void Process_without_a_capability_is_told_from_one_that_has_it()
    {
        using var engine = Watching("""
            matchCapabilities:
            - {type: Effective, operator: NotIn, values: [CAP_SYS_ADMIN]}
            """);
        ChildProcess.Run("/bin/cat", _path).Status.ShouldBe(0);
        Seen(engine).ShouldBeEmpty();
        ChildProcess.Run("/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/bin/cat", _path).Status.ShouldBe(0);
        Seen(engine).Count.ShouldBe(1);
    }

    [KernelFact]
    public void Result_is_a_part_of_the_selector()
    {
        using var engine = RunningEngine.Of(PolicyText.AboutOpening(_directory.File("missing"), """
            matchReturnArgs:
            - {index: 0, operator: Equal, values: ["-2"]}
            """, """
            return: true
            returnArg: {index: 0, type: int}
            """));
        File.WriteAllText(_directory.File("missing"), "");
        ChildProcess.Run("/bin/cat", _directory.File("missing")).Status.ShouldBe(0);
        Seen(engine).ShouldBeEmpty();
        File.Delete(_directory.File("missing"));
        ChildProcess.Run("/bin/cat", _directory.File("missing")).Status.ShouldBe(1);
        var seen = Seen(engine);
        seen.Count.ShouldBe(1);
        seen[0].ShouldContain("\"return\":{\"int_arg\":-2}");
    }

    [KernelFact]
    public void Expression_computes_with_arguments_in_the_kernel()
    {
        const int setpgid = 109; // arch/x86/entry/syscalls/syscall_64.tbl
        using var engine = RunningEngine.Of(PolicyText.Of("opening", """
            kprobes:
            - call: sys_setpgid
              syscall: true
              args:
              - {index: 0, type: int}
              - {index: 1, type: int}
              selectors:
              - matchArgs:
                - {operator: CelExpr, values: ["arg0 + arg1 == -300 || and(arg1, 0xff) == 0x7f && arg0 < 0"]}
            """));
        foreach (var (pid, group) in (ReadOnlySpan<(int, int)>)[(-100, -200), (-100, -201), (-1, 0x17f), (0x7f, -3), (-7, 0x80)]) Native.SystemCall(setpgid, pid, group);
        Seen(engine).Count.ShouldBe(2);
    }

    [KernelFact]
    public void Expression_of_a_selector_mixes_arguments_and_data_by_their_places()
    {
        const int setpgid = 109;
        using var engine = RunningEngine.Of(PolicyText.Of("opening", $$"""
            kprobes:
            - call: sys_setpgid
              args:
              - {index: 1, type: int}
              - {index: 0, type: int}
              data:
              - {index: 0, type: int, source: current_task, resolve: tgid}
              selectors:
              - matchPIDs: [{operator: In, values: [{{Environment.ProcessId}}]}]
                matchCel: {expr: "arg1 == int32(-5) && arg0 == data0 + int32(7)"}
            """));
        foreach (var (pid, group) in (ReadOnlySpan<(int, int)>)[(-5, Environment.ProcessId + 7), (Environment.ProcessId + 7, -5), (-5, Environment.ProcessId + 8)]) Native.SystemCall(setpgid, pid, group);
        Seen(engine).Count.ShouldBe(1);
    }

    [KernelTheory]
    [InlineData("", 3)]
    [InlineData(", rateLimitScope: process", 3)]
    [InlineData(", rateLimitScope: global", 1)]
    public void Rate_limit_lets_one_event_pass_for_each_of_its_scope(string scope, int expected)
    {
        using var engine = Watching($$"""
            matchActions:
            - {action: Post, rateLimit: 1m{{scope}}}
            """);
        for (var i = 0; i < 3; i++) ChildProcess.Run("/bin/cat", _path, _path, _path, _path).Status.ShouldBe(0);
        Seen(engine).Count.ShouldBe(expected);
        engine.Engine.Statistics().Sum(s => s.Limited).ShouldBe(12 - expected);
    }

    [KernelFact]
    public void Stacks_of_kernel_and_process_name_their_functions()
    {
        using var engine = Watching("""
            matchActions:
            - {action: Post, kernelStackTrace: true, userStackTrace: true}
            """);
        Native.Open(_path, 0).ShouldBeGreaterThan(0);
        var line = Seen(engine).ShouldHaveSingleItem();
        Part(line, "kernel_stack_trace").ShouldContain("\"symbol\":\"do_syscall_64\"");
        var stack = Part(line, "user_stack_trace");
        stack.ShouldContain("libc");
        stack.ShouldContain("open");
    }

    public void Dispose() => _directory.Dispose();

    static string Part(string line, string name) => line[line.IndexOf($"\"{name}\"", StringComparison.Ordinal)..].Split(']')[0];

    RunningEngine Watching(string selector) => RunningEngine.Of(PolicyText.AboutOpening(_path, selector));

    static List<string> Seen(RunningEngine engine) => engine.All(line => line.Contains("\"policy_name\":\"opening\"", StringComparison.Ordinal));
}
