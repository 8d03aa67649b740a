using Grpc.Core;
using Shouldly;
using Skep.Agent.KernelTests.Enforcement;
using Skep.Agent.Policies;
using Skep.Cli.Client;
using Skep.Tetragon.Api;
using Skep.Testing;
using Xunit;

namespace Skep.Agent.KernelTests.Lifecycle;

/// <summary>What clients wanted holds after a restart.</summary>
[Collection("this kernel")]
[Trait("Kernel", "any")]
public sealed class KeptPolicyTests : IDisposable
{
    readonly TemporaryDirectory _directory = new();

    string Socket => _directory.File("skep.sock");

    string State => _directory.File("state");

    string Kept => Path.Combine(State, PolicyArchive.FileName);

    AgentClient Client() => AgentClient.Find($"unix:{Socket}");

    AgentProcess Agent(params string[] more) => AgentProcess.Start([.. more, "--pin-directory", "none", "--server-address", $"unix:{Socket}", "--state-directory", State]);

    [KernelFact]
    public async Task Policies_of_clients_and_what_they_chose_survive_the_agent()
    {
        using var file = new PolicyFile(Named("from-file"));
        string[] expected;
        using (var agent = Agent("-f", file.Path))
        {
            using var client = Client();
            await client.Sensors.AddTracingPolicyAsync(new AddTracingPolicyRequest { Yaml = $"{Named("enforced")}\n---\n{Named("monitored")}\n---\n{Named("removed")}", Domain = "team" });
            await client.Sensors.AddTracingPolicyAsync(new AddTracingPolicyRequest { Yaml = Named("disabled") });
            await client.Sensors.ConfigureTracingPolicyAsync(new ConfigureTracingPolicyRequest { Name = "monitored", Mode = TracingPolicyMode.TpModeMonitor });
            await client.Sensors.ConfigureTracingPolicyAsync(new ConfigureTracingPolicyRequest { Name = "disabled", Enable = false });
            await client.Sensors.ConfigureTracingPolicyAsync(new ConfigureTracingPolicyRequest { Name = "from-file", Mode = TracingPolicyMode.TpModeMonitor });
            await client.Sensors.DeleteTracingPolicyAsync(new DeleteTracingPolicyRequest { Name = "removed" });
            expected = await List(client);
            File.GetUnixFileMode(Kept).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            Directory.GetFiles(State).Length.ShouldBe(2);
            agent.Kill();
        }
        using (var agent = Agent("-f", file.Path))
        {
            using var client = Client();
            (await List(client)).Order().ShouldBe(expected.Order());
            expected.Order().ShouldBe(
                ["grpc/disabled TpStateDisabled TpModeEnforce", "static/from-file TpStateEnabled TpModeMonitor", "team/enforced TpStateEnabled TpModeEnforce", "team/monitored TpStateEnabled TpModeMonitor"]);
            Kills("enforced").ShouldBeTrue();
            Kills("monitored").ShouldBeFalse();
            Kills("from-file").ShouldBeFalse();
            agent.Stop();
            agent.ExitCode.ShouldBe(0);
        }
        // A file's policy that changes its own mode is what the file says again.
        file.Write(Named("from-file").Replace("spec:\n", "spec:\n  options:\n  - {name: policy-mode, value: monitor}\n", StringComparison.Ordinal));
        using (var agent = Agent("-f", file.Path)) agent.Stop();
        using (var agent = Agent())
        {
            using var client = Client();
            (await List(client)).ShouldNotContain(p => p.Contains("from-file", StringComparison.Ordinal));
        }
    }

    [KernelFact]
    public async Task Broken_file_is_said_and_kept_aside_and_the_agent_runs()
    {
        Directory.CreateDirectory(State);
        File.WriteAllText(Kept, "{\"version\": 1, \"policies\": [");
        using (var agent = Agent())
        {
            agent.Messages.ShouldContain("policies that clients added are lost");
            File.ReadAllText(Kept + ".bad").ShouldBe("{\"version\": 1, \"policies\": [");
            using var client = Client();
            (await List(client)).ShouldBeEmpty();
            await client.Sensors.AddTracingPolicyAsync(new AddTracingPolicyRequest { Yaml = Named("new") });
        }
        // One of them this agent does not understand, one this kernel does not have, and a file has a policy of a third's name.
        var kept = File.ReadAllText(Kept);
        File.WriteAllText(Kept, kept.Replace("\"texts\": [", "\"texts\": [\"kind: Nonsense\",", StringComparison.Ordinal).Replace("\"text\": 0", "\"text\": 1", StringComparison.Ordinal)
            .Replace("\"policies\": [", "\"policies\": [{\"domain\": \"grpc\", \"name\": \"lost\", \"text\": 0},", StringComparison.Ordinal));
        using (var agent = Agent())
        {
            agent.Messages.ShouldContain("policy 'lost', which a client added, is not in force: lost:1:");
            using var client = Client();
            (await List(client)).ShouldBe(["grpc/new TpStateEnabled TpModeEnforce"]);
        }
        using (Agent())
        {
            using var client = Client();
            await client.Sensors.DeleteTracingPolicyAsync(new DeleteTracingPolicyRequest { Name = "new" });
            await client.Sensors.AddTracingPolicyAsync(new AddTracingPolicyRequest { Yaml = PolicyText.Of("new", "tracepoints:\n- subsystem: syscalls\n  event: sys_enter_getsid\n") });
        }
        File.WriteAllText(Kept, File.ReadAllText(Kept).Replace("sys_enter_getsid", "sys_enter_no_such_call", StringComparison.Ordinal));
        using var file = new PolicyFile(Named("from-file"));
        using (var agent = Agent("-f", file.Path))
        {
            agent.Messages.ShouldContain("no_such_call");
            using var client = Client();
            (await List(client)).ShouldBe(["grpc/new TpStateLoadError TpModeMonitorOnly", "static/from-file TpStateEnabled TpModeEnforce"], ignoreOrder: true);
            Kills("from-file").ShouldBeTrue();
            file.Write(Named("new"));
            agent.Signal(1);
            agent.AwaitMessage("reloaded, 1 policies");
            var listed = (await client.Sensors.ListTracingPoliciesAsync(new ListTracingPoliciesRequest { Domain = "grpc" })).Policies.Single();
            listed.Error.ShouldBe("a file has a policy of this name");
        }
    }

    [KernelFact]
    public async Task Second_agent_is_kept_from_the_state_and_a_full_disk_is_told()
    {
        using var agent = Agent();
        var (code, messages) = AgentProcess.Run("--pin-directory", "none", "--state-directory", State);
        code.ShouldBe(1);
        messages.ShouldContain($"another agent, pid {agent.Id}, keeps its state there");
        using var client = Client();
        // Nothing can be written where a directory stands.
        Directory.CreateDirectory(Kept + ".new");
        var error = await Should.ThrowAsync<RpcException>(async () => await client.Sensors.AddTracingPolicyAsync(new AddTracingPolicyRequest { Yaml = Named("unkept") }));
        error.Status.Detail.ShouldContain("the policy is in force, but that will not outlive this agent");
        Kills("unkept").ShouldBeTrue();
    }

    public void Dispose() => _directory.Dispose();

    static async Task<string[]> List(AgentClient client) => [.. (await client.Sensors.ListTracingPoliciesAsync(new ListTracingPoliciesRequest())).Policies.Select(p => $"{p.Domain}/{p.Name} {p.State} {p.Mode}")];

    string Named(string name) => PolicyFile.KillsOpenerOf(_directory.File($"forbidden-{name}")).Replace("\"forbidden\"", $"\"{name}\"", StringComparison.Ordinal);

    bool Kills(string name) => ChildProcess.Run("/bin/cat", _directory.File($"forbidden-{name}")).WasKilled;
}
