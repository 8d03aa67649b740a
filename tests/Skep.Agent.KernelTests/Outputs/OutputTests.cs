using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Shouldly;
using Skep.Agent.KernelTests.Api;
using Skep.Agent.KernelTests.Enforcement;
using Skep.Agent.KernelTests.Lifecycle;
using Skep.Agent.Metrics;
using Skep.Cli.Client;
using Skep.Tetragon.Api;
using Skep.Testing;
using Xunit;

namespace Skep.Agent.KernelTests.Outputs;

/// <summary>What a running agent gives out beside its API's events.</summary>
[Collection("this kernel")]
[Trait("Kernel", "any")]
public sealed class OutputTests : IDisposable
{
    readonly TemporaryDirectory _directory = new();

    string ExportFile => _directory.File("events.log");

    [KernelFact]
    public async Task Export_file_and_every_other_output_tell_the_same_without_secrets()
    {
        var socket = _directory.File("skep.sock");
        using var agent = AgentProcess.Start("--pin-directory", "none", "--server-address", $"unix:{socket}", "--export-filename", ExportFile,
            "--export-allowlist", """{"event_set":["PROCESS_EXEC","PROCESS_EXIT"],"binary_regex":["/echo$"]}""", "--redaction-filters", """{"redact":["--token[= ](\\S+)"]}""");
        using var client = AgentClient.Find($"unix:{socket}");
        using var call = client.Sensors.GetEvents(new GetEventsRequest { AllowList = { new Filter { ArgumentsRegex = { "of outputs" }, EventSet = { EventType.ProcessExec } } } });
        await call.ResponseHeadersAsync;
        ChildProcess.Run("/bin/cat", "/dev/null").Status.ShouldBe(0);
        ChildProcess.Run("/bin/echo", "of outputs", "--token=hunter2").Status.ShouldBe(0);
        (await call.ResponseStream.MoveNext(CancellationToken.None)).ShouldBeTrue();
        call.ResponseStream.Current.ProcessExec.Process.Arguments.ShouldBe("\"of outputs\" --token=*****");
        var printed = agent.AwaitEvent("process_exit", IsOurs);
        var exported = Await("process_exit", IsOurs);
        exported.ShouldBe(printed.GetRawText());
        // A client of today; reloading also opens the file anew.
        File.Move(ExportFile, ExportFile + ".1");
        agent.Signal(1);
        agent.AwaitMessage("reloaded");
        ChildProcess.Run("/bin/echo", "of outputs", "--token=hunter3").Status.ShouldBe(0);
        Await("process_exec", IsOurs);
        // What a client asks of processes is no way around.
        var dump = await client.Sensors.GetDebugAsync(new GetDebugRequest { Flag = ConfigFlag.DumpProcessCache });
        dump.Processes.Processes.ShouldNotContain(p => p.Process.Arguments.Contains("hunter"));
        agent.Stop();
        var all = agent.Messages + File.ReadAllText(ExportFile) + File.ReadAllText(ExportFile + ".1") + string.Join('\n', agent.Events("process_exec"));
        all.ShouldNotContain("hunter");
        File.ReadAllText(ExportFile + ".1").ShouldNotContain("/cat");
    }

    [KernelFact]
    public async Task Metrics_and_status_are_those_of_the_running_agent()
    {
        var (socket, address) = (_directory.File("skep.sock"), $"127.0.0.1:{FreePort()}");
        using var policy = new PolicyFile(PolicyFile.KillsOpenerOf("/tmp/skep-not-there"));
        using var agent = AgentProcess.Start("--pin-directory", "none", "--server-address", $"unix:{socket}", "--metrics-server", address, "--export-filename", ExportFile, "-f", policy.Path, "--memory-budget", "1M");
        using var http = new HttpClient { BaseAddress = new Uri($"http://{address}") };
        using var client = AgentClient.Find($"unix:{socket}");
        ChildProcess.Run("/bin/cat", "/tmp/skep-not-there").WasKilled.ShouldBeTrue();
        agent.AwaitEvent("process_kprobe", e => e.GetProperty("process").GetProperty("binary").GetString()!.EndsWith("/cat", StringComparison.Ordinal));
        // What has run by now.
        var exported = 0.0;
        for (var attempt = 0; attempt < 60 && exported == 0; attempt++)
        {
            await Task.Delay(100);
            exported = PrometheusText.Parse(await http.GetStringAsync("/metrics")).Value("tetragon_events_exported_total") ?? 0;
        }
        exported.ShouldBeGreaterThan(0);
        var response = await http.GetAsync("/metrics");
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        var metrics = PrometheusText.Parse(await response.Content.ReadAsStringAsync());
        metrics.Families.Keys.ShouldBe(AgentMetrics.All.Select(m => m.Name));
        metrics.Value("tetragon_events_total", ("type", "PROCESS_EXEC")).ShouldNotBeNull().ShouldBeGreaterThan(0);
        metrics.Value("tetragon_events_total", ("type", "PROCESS_KPROBE")).ShouldNotBeNull().ShouldBeGreaterThan(0);
        metrics.Value("tetragon_tracingpolicy_loaded", ("state", "enabled")).ShouldBe(1);
        metrics.Families["tetragon_policy_events_total"].Series.Single(s => s.Key.Contains("policy=forbidden", StringComparison.Ordinal)).Value.ShouldBe(1);
        metrics.Families["tetragon_tracingpolicy_selector_actions_total"].Series.Single(s => s.Key.Contains("action=signal", StringComparison.Ordinal)).Value.ShouldBe(1);
        metrics.Value("tetragon_tracingpolicy_kernel_memory_bytes", ("policy", "forbidden")).ShouldNotBeNull().ShouldBeGreaterThan(0);
        metrics.Value("tetragon_map_capacity", ("map", "limits")).ShouldNotBeNull().ShouldBeGreaterThan(metrics.Value("tetragon_map_entries", ("map", "limits"))!.Value);
        metrics.Value("skep_memory_budget_bytes").ShouldBe(1_000_000);
        metrics.Value("process_cpu_seconds_total").ShouldNotBeNull().ShouldBeGreaterThan(0);
        metrics.Value("skep_hook_hits_total", ("hook", "process sensor")).ShouldNotBeNull().ShouldBeGreaterThan(0);
        agent.AwaitMessage("over its budget");

        (await http.GetStringAsync("/healthz")).ShouldBe("ok\n");
        (await http.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await http.PostAsync("/metrics", new StringContent("x"))).StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        using var broken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        broken.Connect(IPEndPoint.Parse(address));
        broken.Send(Encoding.ASCII.GetBytes("GET"));

        var status = await client.Agent.GetStatusAsync(new GetStatusRequest());
        status.Policies.Loaded.ShouldBe(1u);
        status.Events.ShouldBeGreaterThan(0u);
        status.ExportFile.Path.ShouldBe(ExportFile);
        status.Memory.ResidentBytes.ShouldBeGreaterThan(status.Memory.BudgetBytes);
        status.Cpu.Share.ShouldBeInRange(0.0001, 1);
        status.Losses.Select(l => l.Cause).ShouldContain("ring_full");
        foreach (var ability in status.Abilities) Console.Error.WriteLine($"{ability.Name}: {ability.State} {ability.Reason}");
        status.Abilities.ShouldAllBe(a => a.State == AbilityState.On || a.Reason.Length > 0);
        status.Abilities.Single(a => a.Name == "enforcement without the agent").State.ShouldBe(AbilityState.Off);
        var health = (await client.Sensors.GetHealthAsync(new GetHealthStatusRequest())).HealthStatus.ShouldHaveSingleItem();
        Console.Error.WriteLine(health.Details);
        health.Details.ShouldContain("1 policy");
        health.Details.ShouldContain("of 1 MB (over)");
    }

    [KernelFact]
    public void Agent_that_cannot_give_out_what_it_was_asked_for_does_not_start()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        foreach (var (arguments, message) in ((string[], string)[])
            [
                (["--metrics-server", $"{taken.LocalEndpoint}"], "metrics cannot be served on"),
                (["--metrics-server", "nowhere"], "--metrics-server: 'nowhere' is no address"),
                (["--export-filename", "/dev/null/events.log"], "events cannot be exported to /dev/null/events.log"),
                (["--export-filename", ExportFile, "--export-allowlist", "{"], "--export-allowlist: 1:2"),
                (["--redaction-filters", """{"redact":["no group"]}"""], "--redaction-filters: "),
            ])
        {
            var (code, messages) = AgentProcess.Run(["--pin-directory", "none", .. arguments]);
            code.ShouldBe(1);
            messages.ShouldContain(message);
        }
    }

    [KernelFact]
    public void Reader_of_standard_output_that_stops_holds_up_nothing_and_what_it_loses_is_told()
    {
        const int Calls = 20_000;
        using var policy = new PolicyFile(PolicyText.Of("unread", $$"""
            tracepoints:
            - subsystem: syscalls
              event: sys_enter_getsid
              selectors:
              - matchPIDs:
                - operator: In
                  values: [{{Environment.ProcessId}}]
            """));
        using var agent = SkepVerb.Start("run", "-o", "json", "--pin-directory", "none", "--state-directory", "none", "--policy-directory", "none", "--config", "none", "--server-address", "none",
            "-f", policy.Path, "--export-filename", ExportFile, "--export-file-max-size-mb", "0", "--export-allowlist", """{"policy_names":["unread"]}""");
        while (agent.StandardError.ReadLine() != "skep: ready")
        {
        }
        var said = agent.StandardError.ReadToEndAsync();
        for (var i = 0; i < Calls; i++)
        {
            Lifecycle.Native.GetSession(-1);
            // The disk is given time, the reader of standard output reads nothing at all.
            if (i % 200 == 0) Thread.Sleep(10);
        }
        var started = DateTime.UtcNow;
        while (File.ReadLines(ExportFile).Count() < Calls && DateTime.UtcNow - started < TimeSpan.FromSeconds(30)) Thread.Sleep(50);
        File.ReadLines(ExportFile).Count(line => line.Contains("sys_enter_getsid", StringComparison.Ordinal)).ShouldBe(Calls);
        ChildProcess.Run("kill", "-2", $"{agent.Id}");
        agent.WaitForExit(30_000).ShouldBeTrue();
        agent.ExitCode.ShouldBe(0);
        said.Result.ShouldContain("skep: standard output lost ");
        said.Result.ShouldContain(", 0 lost");
    }

    [KernelFact]
    public void Closed_pipe_ends_the_agent_quietly()
    {
        var command = string.Join(' ', SkepVerb.Command("run", "-o", "compact", "--pin-directory", "none", "--state-directory", "none", "--policy-directory", "none", "--config", "none", "--server-address", "none").Select(word => $"'{word}'"));
        using var pipe = System.Diagnostics.Process.Start(new ProcessStartInfo("/bin/bash", ["-c", $"set -o pipefail; {command} 2>{_directory.File("errors")} | head -n 1; echo ended ${{PIPESTATUS[0]}}"]) { RedirectStandardOutput = true })!;
        var first = pipe.StandardOutput.ReadLineAsync();
        while (!first.Wait(TimeSpan.FromMilliseconds(100))) ChildProcess.Run("/bin/echo", "through");
        var ended = pipe.StandardOutput.ReadLineAsync();
        while (!ended.Wait(TimeSpan.FromMilliseconds(100))) ChildProcess.Run("/bin/echo", "through");
        ended.Result.ShouldBe("ended 0");
        File.ReadAllText(_directory.File("errors")).ShouldBe("skep: ready\n");
    }

    [KernelFact]
    public void Full_disk_holds_up_nothing_and_its_losses_are_told_once_there_is_room()
    {
        // A file system of its own, of 256 KB.
        var place = Directory.CreateDirectory(_directory.File("small")).FullName;
        ChildProcess.Run("mount", "-t", "tmpfs", "-o", "size=256k", "none", place).Status.ShouldBe(0);
        try
        {
            var (file, ballast) = (Path.Combine(place, "events.log"), Path.Combine(place, "ballast"));
            using var agent = AgentProcess.Start("--pin-directory", "none", "--export-filename", file, "--export-allowlist", """{"binary_regex":["/echo$"]}""");
            ChildProcess.Shell($"head -c 1M /dev/zero > {ballast}");
            ChildProcess.Run("/bin/echo", "while it is full").Status.ShouldBe(0);
            agent.AwaitMessage("events cannot be exported to");
            // Other outputs go on.
            agent.AwaitEvent("process_exec", e => e.GetProperty("process").TryGetProperty("arguments", out var text) && text.GetString() == "\"while it is full\"");
            File.Delete(ballast);
            agent.AwaitMessage("is written again");
            agent.Stop();
            var lines = File.ReadAllLines(file);
            foreach (var line in lines) JsonDocument.Parse(line).RootElement.ValueKind.ShouldBe(JsonValueKind.Object);
            lines.ShouldContain(l => l.Contains("while it is full", StringComparison.Ordinal));
        }
        finally
        {
            ChildProcess.Run("umount", "-l", place);
        }
    }

    public void Dispose() => _directory.Dispose();

    static bool IsOurs(JsonElement e) => e.GetProperty("process").TryGetProperty("arguments", out var arguments) && arguments.GetString()!.Contains("of outputs", StringComparison.Ordinal);

    /// <summary>Waits for an event in the export file.</summary>
    string Await(string kind, Func<JsonElement, bool> wanted)
    {
        for (var started = Environment.TickCount64; Environment.TickCount64 - started < 60_000; Thread.Sleep(5))
        {
            if (!File.Exists(ExportFile)) continue;
            foreach (var line in File.ReadAllText(ExportFile).Split('\n')[..^1])
            {
                if (JsonDocument.Parse(line).RootElement.TryGetProperty(kind, out var found) && wanted(found)) return found.GetRawText();
            }
        }
        throw new TimeoutException($"no {kind} in the file");
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
