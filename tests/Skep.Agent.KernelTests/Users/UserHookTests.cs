using Shouldly;
using Skep.Bpf;
using Skep.Agent.KernelTests.Enforcement;
using Skep.Testing;
using Skep.Tetragon.Policies;
using Xunit;

namespace Skep.Agent.KernelTests.Users;

/// <summary>Hooks of functions and probes of programs and libraries.</summary>
[Collection("this kernel")]
public sealed class UserHookTests : IDisposable
{
    readonly TemporaryDirectory _directory = new();
    readonly string _path;
    readonly ProbedLibrary _library;

    public UserHookTests()
    {
        _path = _directory.File("probed.so");
        File.Copy(ProbedLibrary.Fixture, _path);
        _library = new ProbedLibrary(_path);
    }

    string SlowStart(string more = "", string option = "") => PolicyText.Of("users", $$"""
        {{option}}
        uprobes:
        - path: {{_path}}
          symbols: [skep_slow_start, skep_fire]
          args:
          - {index: 0, type: int64}
          - {index: 1, type: int64, label: second}
          data:
          - {index: 0, type: uint64, source: pt_regs, resolve: rdx}
          message: called
        {{more}}
        """);

    [KernelFact]
    public void Functions_of_a_library_are_reported_with_arguments_and_registers()
    {
        using var engine = RunningEngine.Of(SlowStart());
        _library.SlowStart(-5, 6, 7).ShouldBe(1);
        var line = engine.Await(l => l.Contains("\"process_uprobe\"", StringComparison.Ordinal)).ShouldNotBeNull();
        line.ShouldContain($"\"path\":\"{_path}\",\"symbol\":\"skep_slow_start\",\"policy_name\":\"users\",\"message\":\"called\",\"args\":[{{\"long_arg\":\"-5\"}},{{\"long_arg\":\"6\",\"label\":\"second\"}}]");
        line.ShouldContain("\"action\":\"KPROBE_ACTION_POST\",\"data\":[{\"size_arg\":\"7\"}]");
        _library.Fire(1, 2);
        engine.Await(l => l.Contains("\"symbol\":\"skep_fire\"", StringComparison.Ordinal)).ShouldNotBeNull();
    }

    [KernelFact]
    public void Only_calls_that_a_selector_wants_are_reported()
    {
        using var engine = RunningEngine.Of(SlowStart("""
              selectors:
              - matchArgs:
                - {index: 1, operator: InRange, values: ["10:20"]}
            """));
        _library.SlowStart(1, 9, 0);
        _library.SlowStart(2, 10, 0);
        engine.All(l => l.Contains("skep_slow_start", StringComparison.Ordinal)).ShouldHaveSingleItem().ShouldContain("\"long_arg\":\"2\"");
    }

    [KernelFact]
    public void Returned_value_comes_with_the_arguments_of_the_same_call()
    {
        using var engine = RunningEngine.Of(PolicyText.Of("users", $$"""
            uprobes:
            - path: {{_path}}
              symbols: [skep_slow_start]
              return: true
              args:
              - {index: 0, type: int64}
              returnArg: {index: 0, type: int64, label: sum}
              selectors:
              - matchReturnArgs:
                - {index: 0, operator: Equal, values: ["42"]}
            """));
        _library.SlowStart(40, 1, 0).ShouldBe(41);
        _library.SlowStart(40, 2, 0).ShouldBe(42);
        engine.All(l => l.Contains("skep_slow_start", StringComparison.Ordinal)).ShouldHaveSingleItem().ShouldContain("\"args\":[{\"long_arg\":\"40\"},{\"long_arg\":\"42\",\"label\":\"sum\"}]");
        engine.Engine.Statistics().Sum(s => s.Lost).ShouldBe(0);
    }

    [KernelFact]
    public void Process_is_killed_before_the_function_runs()
    {
        var shell = _directory.File("shell");
        File.Copy("/bin/bash", shell);
        var made = _directory.File("made");
        using var engine = RunningEngine.Of(PolicyText.Of("killing", $$"""
            uprobes:
            - path: {{shell}}
              symbols: [main]
              selectors:
              - matchActions:
                - {action: Sigkill}
            """));
        for (var i = 0; i < 20; i++) ChildProcess.Run(shell, "-c", $"> {made}").WasKilled.ShouldBeTrue();
        File.Exists(made).ShouldBeFalse();
        engine.All(l => l.Contains("KPROBE_ACTION_SIGKILL", StringComparison.Ordinal)).Count.ShouldBe(20);
    }

    [KernelFact]
    public void Each_place_is_attached_by_itself_when_the_policy_wants_it()
    {
        using var engine = RunningEngine.Of(SlowStart().Replace("value: enforce", "value: enforce\n  - {name: disable-uprobe-multi, value: \"true\"}", StringComparison.Ordinal));
        engine.Result.Plan.Hooks.Count.ShouldBe(2);
        engine.Result.Plan.Hooks.ShouldAllBe(h => h.Hook.Section.StartsWith("uprobe/", StringComparison.Ordinal));
        _library.SlowStart(3, 4, 0);
        engine.Await(l => l.Contains("\"long_arg\":\"3\"", StringComparison.Ordinal)).ShouldNotBeNull();
    }

    [KernelFact]
    public void Probe_stays_with_the_file_until_policies_are_loaded_again()
    {
        var policies = TracingPolicyFile.Parse(SlowStart(), "policy.yaml").Policies;
        using var engine = new RunningEngine(policies);
        var gate = engine.Engine.Programs.Count;
        File.Delete(_path);
        File.Copy(ProbedLibrary.Fixture, _path);
        _library.SlowStart(11, 0, 0);
        engine.Await(l => l.Contains("\"long_arg\":\"11\"", StringComparison.Ordinal)).ShouldNotBeNull();
        // The loader takes a path that it knows for the file that it had.
        var link = _directory.File("link.so");
        File.CreateSymbolicLink(link, _path);
        using var other = new ProbedLibrary(link);
        other.SlowStart(12, 0, 0);
        engine.All(l => l.Contains("\"long_arg\":\"12\"", StringComparison.Ordinal)).ShouldBeEmpty();
        engine.Engine.Apply(policies).IsComplete.ShouldBeTrue();
        other.SlowStart(13, 0, 0);
        engine.Await(l => l.Contains("\"long_arg\":\"13\"", StringComparison.Ordinal)).ShouldNotBeNull();
        engine.Engine.Programs.Count.ShouldBe(gate);
    }

    [KernelFact]
    public void Policies_of_one_place_share_a_program_and_a_reload_loses_no_call()
    {
        var one = TracingPolicyFile.Parse(SlowStart(), "policy.yaml").Policies;
        using var engine = new RunningEngine([.. one, one[0] with { Name = "again" }]);
        // Without uprobe.multi each of the two places has a program of its own.
        engine.Result.Plan.Hooks.Count.ShouldBe(Features.Attach(AttachFeature.UprobeMulti).IsPresent ? 1 : 2);
        for (var i = 0; i < 10; i++)
        {
            _library.SlowStart(i, 0, 0);
            engine.Engine.Apply(one).IsComplete.ShouldBeTrue();
        }
        engine.All(l => l.Contains("\"symbol\":\"skep_slow_start\"", StringComparison.Ordinal)).Count.ShouldBe(11);
    }

    string Fired(string selectors = "") => PolicyText.Of("probes", $$"""
        usdts:
        - path: {{_path}}
          provider: skeptest
          name: fired
          args:
          - {index: 0, type: int64}
          - {index: 1, type: int32}
          - {index: 2, type: int32}
        {{selectors}}
        """);

    [KernelFact]
    public void Probe_is_reported_with_register_memory_and_constant()
    {
        using var engine = RunningEngine.Of(Fired());
        _library.Fire(77, -9).ShouldBe(-9);
        engine.Await(l => l.Contains("\"process_usdt\"", StringComparison.Ordinal)).ShouldNotBeNull()
            .ShouldContain($"\"path\":\"{_path}\",\"provider\":\"skeptest\",\"name\":\"fired\",\"policy_name\":\"probes\",\"args\":[{{\"long_arg\":\"77\"}},{{\"int_arg\":-9}},{{\"int_arg\":42}}]");
    }

    [KernelFact]
    public void Set_changes_what_the_program_goes_on_with_or_is_refused_where_memory_may_not_be_written()
    {
        var yaml = Fired("""
              selectors:
              - matchArgs:
                - {index: 0, operator: Equal, values: ["5"]}
                matchActions:
                - {action: Set, argIndex: 1, argValue: 321}
            """);
        var policies = TracingPolicyFile.Parse(yaml, "policy.yaml").Policies;
        using var engine = new RunningEngine(policies);
        if (!engine.Result.IsComplete)
        {
            engine.Result.Failures.ShouldHaveSingleItem().Reason.ShouldContain("bpf_probe_write_user");
            _library.Fire(5, 1).ShouldBe(1);
            return;
        }
        _library.Fire(4, 1).ShouldBe(1);
        _library.Fire(5, 1).ShouldBe(321);
        engine.Await(l => l.Contains("KPROBE_ACTION_SET", StringComparison.Ordinal)).ShouldNotBeNull().ShouldContain("{\"int_arg\":1}");
    }

    [KernelFact]
    public void Set_of_what_is_not_in_memory_is_refused()
    {
        var refused = Should.Throw<InvalidOperationException>(() => RunningEngine.Of(Fired("""
              selectors:
              - matchActions:
                - {action: Set, argIndex: 0, argValue: 1}
            """)));
        refused.Message.ShouldSatisfyAllConditions(m => (m.Contains("argument 0 is not 4 bytes in memory", StringComparison.Ordinal) || m.Contains("bpf_probe_write_user", StringComparison.Ordinal)).ShouldBeTrue(m));
    }

    [KernelTheory]
    [InlineData("symbols: [skep_slow_strat]", "nearest: skep_slow_start")]
    [InlineData("offsets: [0x7fffffff]", "is in no segment")]
    [InlineData("symbols: [skep_fire]\n  binaryDigests: [\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"]", "is another file")]
    public void Hook_that_cannot_be_found_is_refused_with_what_is_near(string place, string why)
    {
        var yaml = PolicyText.Of("users", $"uprobes:\n- path: {_path}\n  {place}");
        Should.Throw<InvalidOperationException>(() => RunningEngine.Of(yaml)).Message.ShouldContain(why);
    }

    [KernelFact]
    public void Missing_file_is_refused_with_files_that_are_spelt_alike()
    {
        var yaml = PolicyText.Of("users", $"uprobes:\n- path: {_path.Replace("probed", "porbed", StringComparison.Ordinal)}\n  symbols: [main]");
        Should.Throw<InvalidOperationException>(() => RunningEngine.Of(yaml)).Message.ShouldContain("nearest: probed.so");
    }

    public void Dispose()
    {
        _library.Dispose();
        _directory.Dispose();
    }
}
