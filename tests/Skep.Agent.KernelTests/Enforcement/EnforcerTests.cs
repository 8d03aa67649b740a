using System.Runtime.InteropServices;
using Shouldly;
using Skep.Engine.Rules;
using Skep.Testing;
using Skep.Tetragon.Policies;
using Xunit;

namespace Skep.Agent.KernelTests.Enforcement;

/// <summary>What one hook decides is done at another one, to the same thread.</summary>
[Collection("this kernel")]
public class EnforcerTests
{
    const int NotPermitted = 1;

    /// <summary>A shell of its own changes its directory and then its mask: two system calls of one thread.</summary>
    const string TwoCalls = "cd /; umask 022; echo survived";

    [KernelFact]
    public void Thread_is_killed_at_the_call_that_the_enforcer_watches()
    {
        using var directory = new TemporaryDirectory();
        var shell = Shell(directory);
        using var engine = RunningEngine.Of(Enforcing(shell, ""));
        var child = ChildProcess.Run(shell, "-c", TwoCalls);
        child.WasKilled.ShouldBeTrue();
        child.Output.ShouldBe("");
        engine.Await(l => l.Contains("KPROBE_ACTION_NOTIFYENFORCER", StringComparison.Ordinal)).ShouldNotBeNull();
        engine.Engine.Measure().Policies.ShouldHaveSingleItem().Rules.Sum(r => r.Notified).ShouldBe(1);
        ChildProcess.Run(shell, "-c", "umask 022; echo survived").Output.ShouldBe("survived\n");
    }

    [KernelFact]
    public void Notification_that_was_taken_back_does_nothing()
    {
        using var directory = new TemporaryDirectory();
        var shell = Shell(directory);
        using var engine = RunningEngine.Of(Enforcing(shell, $$"""
            - subsystem: syscalls
              event: sys_exit_chdir
              selectors:
              - matchBinaries:
                - {operator: In, values: ["{{shell}}"]}
                matchActions:
                - {action: CleanupEnforcerNotification}
            """));
        ChildProcess.Run(shell, "-c", TwoCalls).Output.ShouldBe("survived\n");
        engine.Await(l => l.Contains("KPROBE_ACTION_CLEANUPENFORCERNOTIFICATION", StringComparison.Ordinal)).ShouldNotBeNull();
    }

    [KernelFact]
    public void Policy_that_monitors_notifies_nobody()
    {
        using var directory = new TemporaryDirectory();
        var shell = Shell(directory);
        using var engine = RunningEngine.Of(Enforcing(shell, "").Replace("value: enforce", "value: monitor", StringComparison.Ordinal));
        ChildProcess.Run(shell, "-c", TwoCalls).Output.ShouldBe("survived\n");
        engine.Await(l => l.Contains("sys_enter_chdir", StringComparison.Ordinal)).ShouldNotBeNull().ShouldContain("KPROBE_ACTION_POST");
        engine.Engine.Measure().Policies.ShouldHaveSingleItem().Rules.Sum(r => r.WouldNotify).ShouldBe(1);
    }

    [KernelFact]
    public void Calls_of_a_list_are_watched_by_one_program()
    {
        using var directory = new TemporaryDirectory();
        var shell = Shell(directory);
        using var engine = RunningEngine.Of(PolicyText.Of("killer", $$"""
            lists:
            - name: all
              type: generated_syscalls
            - name: changing
              type: syscalls
              values: [sys_chdir, sys_fchdir]
            tracepoints:
            - subsystem: raw_syscalls
              event: sys_enter
              args:
              - {index: 4, type: syscall64}
              selectors:
              - matchBinaries:
                - {operator: In, values: ["{{shell}}"]}
                matchArgs:
                - {index: 0, operator: InMap, values: ["list:changing"]}
                matchActions:
                - {action: NotifyEnforcer, argSig: 9}
            enforcers:
            - calls: ["list:all"]
            """));
        engine.Result.Plan.Hooks.Count(h => h.RuleCount == 0).ShouldBe(1);
        var child = ChildProcess.Run(shell, "-c", TwoCalls);
        child.WasKilled.ShouldBeTrue();
        child.Output.ShouldBe("");
    }

    [KernelFact(KernelFeature.Lsm)]
    public void Caller_gets_the_error_that_another_hook_asked_for_and_gets_it_once()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.File("made");
        using var engine = RunningEngine.Of(PolicyText.Of("refusing", $$"""
            kprobes:
            - call: security_inode_mkdir
              syscall: false
              args:
              - {index: 1, type: nop}
              selectors:
              - matchPIDs:
                - {operator: In, values: [{{Environment.ProcessId}}]}
                matchActions:
                - {action: NotifyEnforcer, argError: -{{NotPermitted}}}
            enforcers:
            - calls: [security_inode_rmdir]
            """));
        Native.MakeDirectory(path, 0x1ff).ShouldBe(0);
        Native.RemoveDirectory(path).ShouldBe(-1);
        Marshal.GetLastPInvokeError().ShouldBe(NotPermitted);
        Native.RemoveDirectory(path).ShouldBe(0);
        engine.Engine.SetMode("refusing", "", PolicyMode.Monitor).ShouldBeTrue();
        Native.MakeDirectory(path, 0x1ff).ShouldBe(0);
        Native.RemoveDirectory(path).ShouldBe(0);
    }

    [KernelFact]
    public void Error_of_a_system_call_is_returned_or_refused_where_the_kernel_has_no_way()
    {
        using var directory = new TemporaryDirectory();
        var shell = Shell(directory);
        var policies = TracingPolicyFile.Parse(Enforcing(shell, "").Replace("argSig: 9", "argError: -1", StringComparison.Ordinal), "policy.yaml").Policies;
        using var engine = new RunningEngine(policies);
        if (engine.Result.IsComplete)
        {
            ChildProcess.Run(shell, "-c", "cd /; umask 022; umask").Output.ShouldNotBe("0022\n");
            return;
        }
        engine.Result.Failures.ShouldHaveSingleItem().Reason.ShouldContain("fmod_ret on system calls");
        ChildProcess.Run(shell, "-c", TwoCalls).Output.ShouldBe("survived\n");
    }

    static string Shell(TemporaryDirectory directory)
    {
        var shell = directory.File("shell");
        File.Copy("/bin/bash", shell);
        return shell;
    }

    static string Enforcing(string shell, string more) => PolicyText.Of("enforcing", $$"""
        tracepoints:
        - subsystem: syscalls
          event: sys_enter_chdir
          selectors:
          - matchBinaries:
            - {operator: In, values: ["{{shell}}"]}
            matchActions:
            - {action: NotifyEnforcer, argSig: 9}
        {{more}}
        enforcers:
        - calls: [sys_umask]
        """);
}
