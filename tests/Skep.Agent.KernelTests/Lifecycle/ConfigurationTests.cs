using System.Text;
using Shouldly;
using Skep.Agent.KernelTests.Enforcement;
using Skep.Testing;
using Xunit;

namespace Skep.Agent.KernelTests.Lifecycle;

/// <summary>Options from files and the environment reach a running agent.</summary>
[Collection("this kernel")]
[Trait("Kernel", "any")]
public sealed class ConfigurationTests : IDisposable
{
    readonly TemporaryDirectory _directory = new();

    [KernelFact]
    public void Agent_does_what_its_files_and_its_environment_say()
    {
        Directory.CreateDirectory(_directory.File("conf.d"));
        Directory.CreateDirectory(_directory.File("policies"));
        File.WriteAllText(_directory.File("policies/policy.yaml"), PolicyFile.KillsOpenerOf(_directory.File("forbidden")));
        File.WriteAllText(_directory.File("skep.yaml"), "output: compact\npin-directory: none\nstate-directory: none\nserver-address: none\n");
        File.WriteAllText(_directory.File("conf.d/output"), "json\n");
        var start = SkepProgram.With("run", "--config", _directory.File("skep.yaml"));
        start.Environment["SKEP_POLICY_DIRECTORY"] = _directory.File("policies");
        start.Environment["SKEP_NODE_NAME"] = "node-of-a-test";
        using var agent = AgentProcess.Start(start);
        ChildProcess.Run("/bin/cat", _directory.File("forbidden")).WasKilled.ShouldBeTrue();
        var told = agent.AwaitEvent("process_kprobe", e => e.GetProperty("policy_name").GetString() == "forbidden" && e.GetProperty("args")[0].GetProperty("string_arg").GetString() == _directory.File("forbidden"));
        Encoding.UTF8.GetString(Convert.FromBase64String(told.GetProperty("process").GetProperty("exec_id").GetString()!)).ShouldStartWith("node-of-a-test:");
        agent.Stop();
        agent.ExitCode.ShouldBe(0);
    }

    [KernelFact]
    public void Mistakes_in_files_end_the_start_with_their_places()
    {
        File.WriteAllText(_directory.File("skep.yaml"), "output: json\npin-directroy: none\n");
        var (code, messages) = AgentProcess.Run("--config", _directory.File("skep.yaml"), "--pin-directory", "none");
        code.ShouldBe(1);
        messages.ShouldContain($"{_directory.File("skep.yaml")}:2:1: error: unknown option \"pin-directroy\", did you mean \"pin-directory\"?");
    }

    public void Dispose() => _directory.Dispose();
}
