using System.Text.Json;
using Shouldly;
using Skep.Agent.KernelTests.Lifecycle;
using Skep.Engine.KernelTests;
using Skep.Testing;
using Xunit;

namespace Skep.Agent.KernelTests.Workloads;

/// <summary>What an agent knows of containers that are older than itself.</summary>
[Collection("this kernel")]
public class WorkloadTakeoverTests
{
    static readonly string s_suffix = $"{Environment.ProcessId}";

    [KernelFact(KernelFeature.Runc)]
    public void Containers_from_before_a_takeover_are_matched_at_once_and_no_others()
    {
        using var pins = new PinDirectory();
        using var policies = new PolicyFile(WorkloadPolicy.Of("podSelector: {matchLabels: {app: web}}", "Sigkill"));
        using var other = Container("other", "db");
        RuncContainer? under = null;
        try
        {
            using (var first = AgentProcess.Start("-f", policies.Path, "--pin-directory", pins.Path))
            {
                under = Container("under", "web");
                IsKilled(under).ShouldBeTrue();
                first.Kill();
            }
            // What is pinned goes on for the containers that it knew.
            IsKilled(under).ShouldBeTrue();
            using var between = Container("between", "web");

            using var second = AgentProcess.Start("-f", policies.Path, "--pin-directory", pins.Path);
            second.Messages.ShouldContain("took over");
            IsKilled(under).ShouldBeTrue();
            IsKilled(between).ShouldBeTrue();
            IsKilled(other).ShouldBeFalse();
            ChildProcess.Run("/bin/cat", WorkloadPolicy.Mark).Status.ShouldBe(1);
            second.AwaitEvent("process_kprobe", e => Container(e) == "between");
            second.Events("process_kprobe").Select(Container).Distinct().Order().ShouldBe(["between", "under"]);
            second.Stop();
        }
        finally
        {
            under?.Dispose();
        }
    }

    static RuncContainer Container(string name, string app) => new($"skep-{name}-{s_suffix}", RuncContainer.Pod("shop", name, ("app", app)));

    static bool IsKilled(RuncContainer container) => container.Execute("sh", "-c", $"cat {WorkloadPolicy.Mark}; test $? = 137");

    static string? Container(JsonElement e) => e.GetProperty("process").TryGetProperty("docker", out var id) ? id.GetString()!.Split('-')[1] : null;
}
