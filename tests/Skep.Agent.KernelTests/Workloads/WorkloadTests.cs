using System.Text.Json;
using Shouldly;
using Skep.Agent.KernelTests.Compatibility;
using Skep.Engine.KernelTests;
using Skep.Testing;
using Xunit;

namespace Skep.Agent.KernelTests.Workloads;

/// <summary>Policies about pods, containers and the host, with real containers and the control groups that this host has.</summary>
[Collection("this kernel")]
public class WorkloadTests
{
    const string Host = "host";

    static readonly string s_suffix = $"{Environment.ProcessId}";

    [KernelTheory(KernelFeature.Runc)]
    [InlineData("", null, "host,web,db,plain")]
    [InlineData("hostSelector: {}", null, "host")]
    [InlineData("{podSelector: {}, containerSelector: {}, hostSelector: {}}", null, "host,web,db,plain")]
    [InlineData("podSelector: {}", null, "web,db")]
    [InlineData("podSelector: {matchLabels: {app: web}}", null, "web")]
    [InlineData("podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}", null, "db")]
    [InlineData("{podSelector: {matchLabels: {app: web}}, hostSelector: {}}", null, "host,web")]
    [InlineData("containerSelector: {}", null, "web,db,plain")]
    [InlineData("containerSelector: {matchExpressions: [{key: name, operator: In, values: [main]}]}", null, "web,db")]
    [InlineData("podSelector: {matchLabels: {\"k8s:io.kubernetes.pod.namespace\": shop}}", null, "web")]
    [InlineData("", "shop", "web")]
    [InlineData("podSelector: {matchLabels: {app: db}}", "shop", "")]
    public void Policy_is_about_what_its_selectors_say_from_the_first_program_on(string selectors, string? ns, string expected)
    {
        selectors = selectors.StartsWith('{') ? selectors[1..^1].Replace(", ", "\n  ", StringComparison.Ordinal) : selectors;
        using var engine = RunningEngine.Of(WorkloadPolicy.Of(selectors, ns: ns));
        // The mark is opened by what each container runs first.
        using var web = Opener("web", RuncContainer.Pod("shop", "web-0", ("app", "web")));
        using var db = Opener("db", RuncContainer.Pod("store", "db-0", ("app", "db")));
        using var plain = Opener("plain", null);
        ChildProcess.Run("/bin/cat", WorkloadPolicy.Mark).Status.ShouldBe(1);
        Origins(engine).Order().ShouldBe(expected.Split(',', StringSplitOptions.RemoveEmptyEntries).Order());
        engine.Engine.Undecided.ShouldBe(0);
    }

    [KernelFact(KernelFeature.Runc)]
    public void Process_of_a_pod_is_killed_and_nobody_else()
    {
        using var engine = RunningEngine.Of(WorkloadPolicy.Of("podSelector: {matchLabels: {app: web}}", "Sigkill"));
        using var web = new RuncContainer($"skep-web-{s_suffix}", RuncContainer.Pod("shop", "web-0", ("app", "web")));
        using var db = new RuncContainer($"skep-db-{s_suffix}", RuncContainer.Pod("shop", "db-0", ("app", "db")));
        engine.All(_ => false);
        web.Execute("sh", "-c", $"cat {WorkloadPolicy.Mark}; test $? = 137").ShouldBeTrue();
        db.Execute("sh", "-c", $"cat {WorkloadPolicy.Mark}; test $? = 1").ShouldBeTrue();
        ChildProcess.Run("/bin/cat", WorkloadPolicy.Mark).Status.ShouldBe(1);
        Origins(engine).ShouldBe(["web"]);
    }

    [KernelFact]
    public void Process_in_the_group_of_a_pod_is_killed_and_nobody_else()
    {
        using var engine = RunningEngine.Of(WorkloadPolicy.Of("podSelector: {matchLabels: {app: web}}", "Sigkill"));
        using var web = new TestPod(engine, "web", "shop", new() { ["app"] = "web" });
        using var db = new TestPod(engine, "db", "shop", new() { ["app"] = "db" });
        web.Run($"exec cat {WorkloadPolicy.Mark}").WasKilled.ShouldBeTrue();
        db.Run($"exec cat {WorkloadPolicy.Mark}").Status.ShouldBe(1);
        ChildProcess.Run("/bin/cat", WorkloadPolicy.Mark).Status.ShouldBe(1);
        engine.All(line => line.Contains(WorkloadPolicy.Mark, StringComparison.Ordinal)).Count.ShouldBe(1);
    }

    [KernelFact]
    public void Event_from_before_a_pod_was_known_waits_until_it_is_and_no_other_is_let_through()
    {
        using var engine = RunningEngine.Of(WorkloadPolicy.Of("podSelector: {matchLabels: {app: web}}"));
        // Nobody polls meanwhile: in the kernel the groups are new ones.
        using var web = new TestPod(null, "web", "shop", new() { ["app"] = "web" });
        using var db = new TestPod(null, "db", "shop", new() { ["app"] = "db" });
        web.Run($"exec cat {WorkloadPolicy.Mark}").Status.ShouldBe(1);
        db.Run($"exec cat {WorkloadPolicy.Mark}").Status.ShouldBe(1);
        engine.Await(line => line.Contains(WorkloadPolicy.Mark, StringComparison.Ordinal)).ShouldNotBeNull();
        Origins(engine).ShouldBe(["web"]);
    }

    static RuncContainer Opener(string name, Dictionary<string, string>? pod) => new($"skep-{name}-{s_suffix}", pod, "cat", WorkloadPolicy.Mark);

    /// <summary>Where the mark was opened, by the events so far and those to come for a while.</summary>
    static List<string> Origins(RunningEngine engine)
    {
        for (var i = 0; i < 30; i++) engine.All(_ => false);
        return [.. engine.Lines.Where(line => line.Contains(WorkloadPolicy.Mark, StringComparison.Ordinal)).Select(OriginOf)];
    }

    static string OriginOf(string line)
    {
        using var json = JsonDocument.Parse(line);
        var process = json.RootElement.GetProperty("process_kprobe").GetProperty("process");
        return process.TryGetProperty("docker", out var id) ? id.GetString()!.Split('-')[1] : Host;
    }
}
