using System.Runtime.InteropServices;
using Shouldly;
using Skep.Engine.Rules;
using Skep.Testing;
using Xunit;

namespace Skep.Agent.KernelTests.Enforcement;

/// <summary>Who is refused gets the error that the policy chose; needs BPF LSM or trampolines that replace a result.</summary>
[Collection("this kernel")]
public class RefusalTests
{
    const int NotPermitted = 1, NoSpace = 28, ReadOnlyFiles = 30;

    [KernelTheory(KernelFeature.Lsm)]
    [InlineData("lsmhooks:\n- hook: file_open", NotPermitted)]
    [InlineData("lsmhooks:\n- hook: file_open", NoSpace)]
    [InlineData("kprobes:\n- call: security_file_open\n  syscall: false", NotPermitted)]
    [InlineData("kprobes:\n- call: security_file_open\n  syscall: false", ReadOnlyFiles)]
    public void Caller_gets_the_error_that_the_policy_chose(string hook, int error)
    {
        using var directory = new TemporaryDirectory();
        var (path, other) = (directory.File("protected"), directory.File("other"));
        File.WriteAllText(path, "");
        File.WriteAllText(other, "");
        using var engine = RunningEngine.Of(Refusing(hook, path, error));
        ErrorOfOpening(path).ShouldBe(error);
        ErrorOfOpening(other).ShouldBe(0);
        engine.Await(line => line.Contains("\"refusing\"", StringComparison.Ordinal) && line.Contains("ACTION_OVERRIDE", StringComparison.Ordinal) && line.Contains(path, StringComparison.Ordinal)).ShouldNotBeNull();

        engine.Engine.SetMode("refusing", "", PolicyMode.Monitor).ShouldBeTrue();
        ErrorOfOpening(path).ShouldBe(0);
        engine.Await(line => line.Contains("ACTION_POST", StringComparison.Ordinal) && line.Contains(path, StringComparison.Ordinal)).ShouldNotBeNull();
        engine.Engine.SetMode("refusing", "", PolicyMode.Enforce).ShouldBeTrue();
        ErrorOfOpening(path).ShouldBe(error);
    }

    [KernelFact(KernelFeature.Trampoline)]
    public void Result_of_a_closed_security_hook_is_replaced_by_a_trampoline()
    {
        using var engine = RunningEngine.Of(PolicyText.Of("copying", """
            kprobes:
            - call: security_inode_need_killpriv
              syscall: false
              selectors:
              - matchBinaries:
                - {operator: In, values: [/nowhere/at/all]}
                matchActions:
                - {action: Override, argError: -1}
            """));
        engine.Engine.Plan.ShouldNotBeNull().Hooks[0].Hook.Mechanism.ShouldBe(Skep.Engine.Hooks.HookMechanism.ModifyReturn);
    }

    static string Refusing(string hook, string path, int error) => PolicyText.Of("refusing", $$"""
        {{hook}}
          args:
          - {index: 0, type: file}
          selectors:
          - matchArgs:
            - {index: 0, operator: Equal, values: ["{{path}}"]}
            matchActions:
            - {action: Override, argError: -{{error}}}
        """);

    static int ErrorOfOpening(string path)
    {
        var file = Native.Open(path, 0);
        if (file < 0) return Marshal.GetLastPInvokeError();
        _ = Native.Close(file);
        return 0;
    }
}
