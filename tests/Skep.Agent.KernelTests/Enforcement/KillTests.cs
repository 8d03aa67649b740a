using Shouldly;
using Skep.Engine.KernelTests.Kernel;
using Skep.Testing;
using Xunit;

namespace Skep.Agent.KernelTests.Enforcement;

/// <summary>A process that is killed has done nothing of what the policy forbids.</summary>
[Collection("this kernel")]
public class KillTests
{
    const int Attempts = 50;
    const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserExecute;

    [KernelTheory]
    [InlineData("event: sched_process_exec", "{index: 4, type: data_loc}")]
    [InlineData("event: sched_process_exec\n  raw: true", "{index: 2, type: linux_binprm}")]
    public void Kill_at_an_execution_comes_before_the_first_instruction(string hook, string argument)
    {
        using var directory = new TemporaryDirectory();
        var (doomed, trace) = (directory.File("doomed"), directory.File("trace"));
        File.WriteAllBytes(doomed, TinyProgram.FileCreator(trace));
        if (OperatingSystem.IsLinux()) File.SetUnixFileMode(doomed, Executable);
        ChildProcess.Run(doomed).Status.ShouldBe(0);
        File.Exists(trace).ShouldBeTrue("the program must be able to leave its trace");
        File.Delete(trace);

        using var engine = RunningEngine.Of(PolicyText.Of("no-doomed", $$"""
            tracepoints:
            - subsystem: sched
              {{hook}}
              args:
              - {{argument}}
              selectors:
              - matchArgs:
                - {index: 0, operator: Equal, values: ["{{doomed}}"]}
                matchActions:
                - action: Sigkill
            """));
        for (var i = 0; i < Attempts; i++)
        {
            ChildProcess.Run(doomed).WasKilled.ShouldBeTrue($"attempt {i}");
            File.Exists(trace).ShouldBeFalse($"attempt {i}");
        }
        engine.All(line => line.Contains("no-doomed", StringComparison.Ordinal)).Count.ShouldBe(Attempts);
    }

    [KernelFact]
    public void Killed_writer_leaves_no_byte()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.File("protected");
        File.WriteAllText(path, "");
        using var engine = RunningEngine.Of(PolicyText.Of("no-writing", $$"""
            kprobes:
            - call: sys_write
              syscall: true
              args:
              - {index: 0, type: fd}
              selectors:
              - matchArgs:
                - {index: 0, operator: Equal, values: ["{{path}}"]}
                matchActions:
                - action: Sigkill
            """));
        for (var i = 0; i < Attempts; i++)
        {
            ChildProcess.Shell($"exec 9>>{path}; echo secret >&9").WasKilled.ShouldBeTrue($"attempt {i}");
            new FileInfo(path).Length.ShouldBe(0, $"attempt {i}");
        }
        var events = engine.All(line => line.Contains("no-writing", StringComparison.Ordinal));
        events.Count.ShouldBe(Attempts);
        events[0].ShouldContain("KPROBE_ACTION_SIGKILL");
    }

    [KernelFact]
    public void Another_signal_reaches_its_handler()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.File("watched");
        File.WriteAllText(path, "");
        using var engine = RunningEngine.Of(PolicyText.AboutOpening(path, """
            matchActions:
            - action: Signal
              argSig: 10
            """));
        ChildProcess.Shell($"trap 'echo caught' USR1; : < {path}; echo alive").Output.ShouldBe("caught\nalive\n");
        engine.Await(line => line.Contains("KPROBE_ACTION_SIGNAL", StringComparison.Ordinal)).ShouldNotBeNull();
    }

    [KernelFact]
    public void Mode_switches_between_watching_acting_and_nothing_while_the_policy_runs()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.File("watched");
        File.WriteAllText(path, "");
        using var engine = RunningEngine.Of(PolicyText.AboutOpening(path, """
            matchActions:
            - action: Sigkill
            """).Replace("enforce", "monitor", StringComparison.Ordinal));
        ChildProcess Read() => ChildProcess.Run("/bin/cat", path);
        int Events() => engine.All(line => line.Contains("\"opening\"", StringComparison.Ordinal)).Count;

        Read().Status.ShouldBe(0);
        Events().ShouldBe(1);
        engine.Lines[^1].ShouldContain("\"action\":\"KPROBE_ACTION_POST\"");
        engine.Engine.SetMode("opening", "", Skep.Engine.Rules.PolicyMode.Enforce).ShouldBeTrue();
        Read().WasKilled.ShouldBeTrue();
        Events().ShouldBe(2);
        engine.Lines[^1].ShouldContain("\"action\":\"KPROBE_ACTION_SIGKILL\"");
        engine.Engine.SetMode("opening", "", Skep.Engine.Rules.PolicyMode.Disabled).ShouldBeTrue();
        Read().Status.ShouldBe(0);
        Events().ShouldBe(2);
        engine.Engine.SetMode("opening", "", Skep.Engine.Rules.PolicyMode.Monitor).ShouldBeTrue();
        Read().Status.ShouldBe(0);
        Events().ShouldBe(3);
    }
}
