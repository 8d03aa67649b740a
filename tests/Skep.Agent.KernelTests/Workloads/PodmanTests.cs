using Shouldly;
using Skep.Agent.KernelTests.Lifecycle;
using Skep.Engine.KernelTests;
using Skep.Testing;
using Xunit;

namespace Skep.Agent.KernelTests.Workloads;

/// <summary>What <c>skep run</c> tells of a container that a user starts.</summary>
[Collection("this kernel")]
public class PodmanTests
{
    const int DockerIdLength = 31;

    [KernelFact(KernelFeature.Podman)]
    public void Processes_of_a_container_are_told_with_its_id_and_their_pid_inside()
    {
        using var policies = new PolicyFile(WorkloadPolicy.Of("containerSelector: {matchExpressions: [{key: name, operator: In, values: [skep-box]}]}".Replace("skep-box", Name, StringComparison.Ordinal)));
        using var agent = AgentProcess.Start("-f", policies.Path, "--pin-directory", "none");
        using var container = new PodmanContainer(Name, "sh", "-c", $"cat {WorkloadPolicy.Mark}; exec sleep 1000");
        var first = agent.AwaitEvent("process_exec", e => e.GetProperty("process").GetProperty("pid").GetUInt32() == container.Pid && e.GetProperty("process").GetProperty("arguments").GetString() == "1000");
        var process = first.GetProperty("process");
        container.Id.ShouldStartWith(process.GetProperty("docker").GetString()!);
        process.GetProperty("docker").GetString()!.Length.ShouldBeLessThanOrEqualTo(DockerIdLength);
        process.GetProperty("binary").GetString().ShouldBe("/bin/busybox", $"{process}");
        process.TryGetProperty("pod", out _).ShouldBeFalse();
        // A policy about the container by its name, for what it ran before it was known by name.
        var opened = agent.AwaitEvent("process_kprobe", e => e.GetProperty("policy_name").GetString() == "workloads").GetProperty("process");
        opened.GetProperty("docker").GetString().ShouldBe(process.GetProperty("docker").GetString());
        agent.Events("process_kprobe").Count.ShouldBe(1);
        agent.Stop();
    }

    static string Name => $"skep-box-{Environment.ProcessId}";
}
