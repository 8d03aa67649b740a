using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using Shouldly;
using Skep.Agent.Containers;
using Skep.Agent.Health;
using Skep.Engine.Containers;
using Skep.Engine.KernelTests;
using Skep.Engine.Runtime;
using Skep.Testing;
using Skep.Tetragon.Api;
using Xunit;

namespace Skep.Agent.KernelTests.Workloads;

/// <summary>Containers whose pod only their runtime's socket tells.</summary>
[Collection("this kernel")]
public sealed class RuntimeSocketTests : IDisposable
{
    readonly List<string> _told = [];
    readonly string _directory = Directory.CreateTempSubdirectory("skep-cri").FullName;

    /// <summary>Full ids, as containerd makes them.</summary>
    static string Id(int number) => $"{Environment.ProcessId:x32}{number:x32}";

    [KernelFact(KernelFeature.Runc)]
    public void Policy_about_labels_sees_the_first_program_of_a_pod_that_only_the_runtime_knows()
    {
        using var server = new RuntimeServer();
        using var runtimes = new RuntimeSockets([server.Socket], _told.Add);
        using var engine = RunningEngine.Of(WorkloadPolicy.Of("podSelector: {matchLabels: {app: web}}"), new EngineOptions { ContainerRuntime = runtimes });
        server.Add(Id(1), "web");
        server.Add(Id(2), "db");
        using var web = Opener(1);
        using var db = Opener(2);
        var seen = JsonDocument.Parse(engine.Await(line => line.Contains(WorkloadPolicy.Mark, StringComparison.Ordinal)).ShouldNotBeNull()).RootElement;
        var pod = seen.GetProperty("process_kprobe").GetProperty("process").GetProperty("pod");
        (pod.GetProperty("namespace").GetString(), pod.GetProperty("name").GetString()).ShouldBe(("shop", "web-0"));
        pod.GetProperty("container").GetProperty("name").GetString().ShouldBe("main");
        pod.GetProperty("container").GetProperty("image").GetProperty("name").GetString().ShouldBe("registry/web:1");
        pod.GetProperty("pod_labels").GetProperty("app").GetString().ShouldBe("web");
        engine.All(line => line.Contains(WorkloadPolicy.Mark, StringComparison.Ordinal)).Count.ShouldBe(1);
        runtimes.Ability().State.ShouldBe(AbilityState.On);
        _told.ShouldBeEmpty();
    }

    [KernelFact(KernelFeature.Runc)]
    public void Selector_of_workloads_acts_on_a_pod_whose_labels_the_runtime_told()
    {
        using var server = new RuntimeServer();
        using var runtimes = new RuntimeSockets([server.Socket], _told.Add);
        var policy = WorkloadPolicy.Of("", "Sigkill").Replace("    selectors:\n    - matchArgs:", "    selectors:\n    - matchWorkloads: {podSelector: {matchLabels: {app: web}}}\n      matchArgs:", StringComparison.Ordinal);
        using var engine = RunningEngine.Of(policy, new EngineOptions { ContainerRuntime = runtimes });
        server.Add(Id(3), "web");
        server.Add(Id(4), "db");
        using var web = new RuncContainer(_directory, Id(3), null);
        using var db = new RuncContainer(_directory, Id(4), null);
        engine.Await(line => line.Contains("\"app\":\"db\"", StringComparison.Ordinal));
        engine.All(_ => false);
        web.Execute("sh", "-c", $"cat {WorkloadPolicy.Mark}; test $? = 137").ShouldBeTrue();
        db.Execute("sh", "-c", $"cat {WorkloadPolicy.Mark}; test $? = 1").ShouldBeTrue();
    }

    [KernelFact]
    public void Sandbox_is_known_and_what_nobody_was_told_of_is_not()
    {
        using var server = new RuntimeServer();
        using var runtimes = new RuntimeSockets([Path.Combine(_directory, "none.sock"), server.Socket], _told.Add);
        server.Add(Id(5), "web");
        RuntimeContainer? container;
        // An emulated machine compiles the first call for longer than an answer may take.
        for (var started = Stopwatch.GetTimestamp(); !runtimes.TryFind(Id(5), default, out container);)
        {
            Stopwatch.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(60));
            Thread.Sleep(500);
        }
        container.ShouldNotBeNull().StartTime.ShouldBe(DateTime.UnixEpoch.AddSeconds(1_700_000_000));
        runtimes.TryFind($"pod-of-{Id(5)}", default, out container).ShouldBeTrue();
        (container!.Name, container.Runtime, container.Pod!.Labels["app"]).ShouldBe(("POD", "containerd", "web"));
        runtimes.TryFind(Id(6), default, out container).ShouldBeTrue();
        container.ShouldBeNull();
    }

    [KernelFact]
    public void Runtime_that_hangs_is_said_to_and_left_alone_for_a_while()
    {
        var path = Path.Combine(_directory, "containerd.sock");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.Listen();
        using var runtimes = new RuntimeSockets([path], _told.Add);
        runtimes.TryFind(Id(7), default, out _).ShouldBeFalse();
        _told.ShouldHaveSingleItem().ShouldBe($"{path}: no answer within 1 s: names and labels of its containers may stay unknown");
        runtimes.Ability().ShouldBe(new AbilityStatus("labels of pods (CRI)", AbilityState.Degraded, $"{path}: no answer within 1 s"));
        // A thousand more wait for nothing, or the test would not end.
        for (var i = 0; i < 1000; i++) runtimes.TryFind(Id(i), default, out _).ShouldBeFalse();
        _told.Count.ShouldBe(1);
    }

    [KernelFact]
    public void What_is_no_runtime_is_said_not_to_be_one()
    {
        var path = Path.Combine(_directory, "containerd.sock");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.Listen();
        var answering = Task.Run(() =>
        {
            using var client = socket.Accept();
            client.Send("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"u8);
        });
        using var runtimes = new RuntimeSockets([path], _told.Add);
        runtimes.TryFind(Id(8), default, out _).ShouldBeFalse();
        answering.Wait();
        _told.ShouldHaveSingleItem().ShouldStartWith($"{path}: ");
        runtimes.Ability().State.ShouldBe(AbilityState.Degraded);
        new RuntimeSockets([], _told.Add).Ability().State.ShouldBe(AbilityState.Off);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    RuncContainer Opener(int number) => new(_directory, Id(number), null, "sh", "-c", $"cat {WorkloadPolicy.Mark}; sleep 1000");
}
