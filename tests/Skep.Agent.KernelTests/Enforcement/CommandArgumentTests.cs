using Shouldly;
using Skep.Testing;
using Xunit;

namespace Skep.Agent.KernelTests.Enforcement;

/// <summary>Selectors about single arguments of the process's program.</summary>
[Collection("this kernel")]
public class CommandArgumentTests
{
    [KernelTheory]
    [InlineData("index: 0, operator: Equal, values: [\"-c\"]", true)]
    [InlineData("index: 0, operator: NotEqual, values: [\"-c\"]", false)]
    [InlineData("index: 1, operator: Prefix, values: [\"cd /\"]", true)]
    [InlineData("index: 2, operator: Equal, values: [\"third\"]", true)]
    [InlineData("index: 3, operator: Glob, values: [\"f*h\"]", true)]
    [InlineData("index: 4, operator: NotPrefix, values: [\"a\"]", true)]
    public void Argument_is_compared_by_its_number_behind_the_programs_name(string match, bool isMet)
    {
        using var directory = new TemporaryDirectory();
        var shell = directory.File("shell");
        File.Copy("/bin/bash", shell);
        using var engine = RunningEngine.Of(PolicyText.Of("arguments", $$"""
            kprobes:
            - call: sys_chdir
              args:
              - {index: 0, type: string}
              selectors:
              - matchBinaries:
                - {operator: In, values: ["{{shell}}"]}
                matchCmdArgs:
                - {{{match}}}
            """));
        ChildProcess.Run(shell, "-c", "cd /; exit 0", "third", "fourth").Status.ShouldBe(0);
        var events = engine.All(l => l.Contains("sys_chdir", StringComparison.Ordinal));
        events.Count.ShouldBe(isMet ? 1 : 0);
        if (isMet) events[0].ShouldContain("\"args\":[{\"string_arg\":\"/\"}]");
    }

    [KernelFact]
    public void Argument_behind_one_of_no_or_many_thousand_bytes_is_found()
    {
        using var directory = new TemporaryDirectory();
        var shell = directory.File("shell");
        File.Copy("/bin/bash", shell);
        using var engine = RunningEngine.Of(PolicyText.Of("arguments", $$"""
            kprobes:
            - call: sys_chdir
              selectors:
              - matchBinaries:
                - {operator: In, values: ["{{shell}}"]}
                matchCmdArgs:
                - {index: 3, operator: Equal, values: ["last"]}
                matchActions:
                - {action: Sigkill}
            """));
        foreach (var length in (int[])[0, 1, 4094, 4095, 4096, 4097, 20000])
        {
            ChildProcess.Run(shell, "-c", "cd /; echo survived", new string('x', length), "last").WasKilled.ShouldBeTrue($"{length}");
            ChildProcess.Run(shell, "-c", "cd /; echo survived", new string('x', length), "other").Output.ShouldBe("survived\n");
        }
    }
}
