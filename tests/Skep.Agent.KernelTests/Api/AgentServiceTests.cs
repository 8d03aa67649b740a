using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using Grpc.Core;
using Shouldly;
using Skep.Agent.KernelTests.Enforcement;
using Skep.Agent.KernelTests.Lifecycle;
using Skep.Cli.Client;
using Skep.Tetragon.Api;
using Skep.Testing;
using Xunit;

namespace Skep.Agent.KernelTests.Api;

/// <summary>Skep's own service, and what of Tetragon's changes what the agent knows, of a real agent.</summary>
[Collection("this kernel")]
[Trait("Kernel", "any")]
public sealed class AgentServiceTests : IDisposable
{
    readonly AgentSocket _socket = new();

    [KernelFact]
    public async Task Tree_has_ancestors_and_descendants_and_says_which_policies_look_at_each()
    {
        using var policy = new PolicyFile("""
            apiVersion: cilium.io/v1alpha1
            kind: TracingPolicy
            metadata:
              name: of-shells
            spec:
              tracepoints:
              - subsystem: syscalls
                event: sys_enter_getsid
                selectors:
                - matchBinaries:
                  - operator: In
                    values: [/bin/sh, /usr/bin/sh, /bin/dash, /usr/bin/dash, /bin/bash, /usr/bin/bash, /bin/busybox]
                    followChildren: true
            """);
        using var agent = _socket.Agent("-f", policy.Path);
        using var shell = System.Diagnostics.Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "sleep 1000; true"]))!;
        using var client = _socket.Client();
        GetTreeResponse tree;
        TreeProcess? sleep;
        do
        {
            tree = await client.Agent.GetTreeAsync(new GetTreeRequest { Pid = (uint)shell.Id });
            sleep = tree.Processes.FirstOrDefault(p => p.Process.Arguments == "1000" && p.Process.ParentExecId == Of(tree, shell.Id).Process.ExecId);
        }
        while (sleep is null);
        var here = Of(tree, Environment.ProcessId);
        Of(tree, shell.Id).Process.ParentExecId.ShouldBe(here.Process.ExecId);
        Of(tree, shell.Id).Policies.Single().Name.ShouldBe("of-shells");
        sleep.Policies.Single().ShouldBe(new ProcessPolicy { Name = "of-shells", IsCertain = true });
        tree.Questions.ShouldBe(1u);
        // The kernel answered when the shell executed its program.
        Of(tree, shell.Id).HasAtoms.ShouldBeTrue();
        Of(tree, shell.Id).Atoms.Single().Holds.ShouldBeTrue();
        sleep.Atoms.Single().ShouldBe(new ProcessAtom { Question = sleep.Atoms.Single().Question, Holds = false, HoldsForParent = true, HoldsForAncestor = true });
        sleep.Atoms.Single().Question.ShouldContain("/bin/sh");
        var all = await client.Agent.GetTreeAsync(new GetTreeRequest());
        all.Processes.Count.ShouldBeGreaterThan(tree.Processes.Count);
        var shown = _socket.Run("tree", $"{shell.Id}");
        shown.Output.ShouldContain($"{shell.Id} ");
        shown.Output.ShouldContain("sleep 1000  <- of-shells");
        using var json = JsonDocument.Parse(_socket.Run("tree", $"{shell.Id}", "-o", "json").Output);
        json.RootElement.EnumerateArray().Single(p => p.GetProperty("pid").GetInt32() == shell.Id).GetProperty("policies")[0].GetProperty("name").GetString().ShouldBe("of-shells");
        shell.Kill(entireProcessTree: true);
        var missing = await Should.ThrowAsync<RpcException>(async () => await client.Agent.GetTreeAsync(new GetTreeRequest { Pid = 4_000_000_000 }));
        missing.StatusCode.ShouldBe(StatusCode.NotFound);
        _socket.Run("tree", "4000000000").Status.ShouldBe(1);
    }

    static TreeProcess Of(GetTreeResponse tree, int pid) => tree.Processes.Last(p => p.Process.Pid == (uint)pid && !p.HasEnded);

    [KernelFact]
    public async Task Statistics_count_what_each_rule_did()
    {
        using var policy = new PolicyFile(PolicyText.Of("counted", $$"""
            tracepoints:
            - subsystem: syscalls
              event: sys_enter_getsid
              args:
              - index: 5
                type: int
              selectors:
              - matchPIDs:
                - operator: In
                  values: [{{Environment.ProcessId}}]
                matchArgs:
                - index: 5
                  operator: Equal
                  values: ["-7"]
                matchActions:
                - action: NoPost
              - matchPIDs:
                - operator: In
                  values: [{{Environment.ProcessId}}]
            """).Replace("  options:\n  - name: policy-mode\n    value: enforce\n", "", StringComparison.Ordinal));
        using var agent = _socket.Agent("-f", policy.Path);
        for (var i = 0; i < 10; i++) Native.Session(-7);
        for (var i = 0; i < 4; i++) Native.Session(-8);
        using var client = _socket.Client();
        PolicyStatistics counted;
        do
        {
            counted = (await client.Agent.GetPolicyStatisticsAsync(new GetPolicyStatisticsRequest { Names = { "counted" } })).Policies.Single();
        }
        while (counted.Events < 4);
        counted.Rules.Select(r => (r.RuleIndex, r.Matched, r.Sent, r.NotPosted)).ShouldBe([(0u, 10ul, 0ul, 10ul), (1u, 4ul, 4ul, 0ul)]);
        counted.KernelMemoryBytes.ShouldBeGreaterThan(0ul);
        var all = await client.Agent.GetPolicyStatisticsAsync(new GetPolicyStatisticsRequest());
        all.Hooks.ShouldContain(h => h.Hook == Skep.Engine.Runtime.HookStatistics.Sensor);
        var table = _socket.Run("policy", "stats");
        table.Status.ShouldBe(0, table.Errors);
        table.Output.ShouldContain("counted");
        using var json = JsonDocument.Parse(_socket.Run("policy", "stats", "counted", "-o", "json").Output);
        json.RootElement.GetProperty("policies")[0].GetProperty("rules")[0].GetProperty("not_posted").GetInt32().ShouldBe(10);
        _socket.Run("policy", "stats", "nobody").Errors.ShouldContain("there is no policy 'nobody'");
    }

    [KernelFact]
    public async Task Dump_has_what_a_report_needs()
    {
        using var agent = _socket.Agent();
        using var client = _socket.Client();
        await client.Sensors.AddTracingPolicyAsync(new AddTracingPolicyRequest { Yaml = PolicyFile.KillsOpenerOf("/tmp/skep-not-there") });
        var files = (await client.Agent.GetDebugDumpAsync(new GetDebugDumpRequest())).Files.ToDictionary(f => f.Name, f => f.Content.ToStringUtf8());
        files["messages.txt"].ShouldContain("skep: ready");
        files["policies/1-forbidden.yaml"].ShouldContain("forbidden");
        foreach (var (name, content) in files.Where(f => f.Key.EndsWith(".json", StringComparison.Ordinal))) JsonDocument.Parse(content).RootElement.ValueKind.ShouldBe(JsonValueKind.Object, name);
        JsonDocument.Parse(files["engine.json"]).RootElement.GetProperty("process_table").GetProperty("running").GetInt32().ShouldBeGreaterThan(1);
        JsonDocument.Parse(files["statistics.json"]).RootElement.GetProperty("policies")[0].GetProperty("name").GetString().ShouldBe("forbidden");
        JsonDocument.Parse(files["processes.json"]).RootElement.GetProperty("processes").GetArrayLength().ShouldBeGreaterThan(1);
        var archive = _socket.File("dump.tar.gz");
        var written = _socket.Run("debug", "dump", "-o", archive);
        written.Status.ShouldBe(0, written.Errors);
        File.GetUnixFileMode(archive).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var names = Names(archive);
        names.ShouldContain("skep-debug/status.json");
        foreach (var name in (string[])["doctor", "programs", "maps", "links"]) names.ShouldContain($"skep-debug/{name}.json");
        agent.Stop();
        written = _socket.Run("debug", "dump", "-o", archive);
        written.Status.ShouldBe(0, written.Errors);
        Names(archive).ShouldBe(["skep-debug/agent.txt", "skep-debug/programs.json", "skep-debug/maps.json", "skep-debug/links.json", "skep-debug/doctor.json"]);
    }

    static List<string> Names(string archive)
    {
        using var compressed = new System.IO.Compression.GZipStream(File.OpenRead(archive), System.IO.Compression.CompressionMode.Decompress);
        using var reader = new System.Formats.Tar.TarReader(compressed);
        var names = new List<string>();
        while (reader.GetNextEntry() is { } entry) names.Add(entry.Name);
        return names;
    }

    [KernelFact]
    public async Task Container_that_a_runtime_tells_of_is_known_from_its_first_process_on()
    {
        var hierarchy = Skep.Engine.Containers.CgroupHierarchy.Find();
        hierarchy.IsMounted.ShouldBeTrue();
        using var agent = _socket.Agent();
        using var client = _socket.Client();
        var id = $"{Guid.NewGuid():n}{Guid.NewGuid():n}";
        var path = $"/skep-hook-{Environment.ProcessId}";
        var hook = new RuntimeHookRequest
        {
            CreateContainer = new CreateContainer { CgroupsPath = path, ContainerID = id, ContainerName = "web", ContainerImage = "shop/web:1", PodName = "web-0", PodNamespace = "shop", PodUID = "1-2-3" },
        };
        var early = await Should.ThrowAsync<RpcException>(async () => await client.Sensors.RuntimeHookAsync(hook));
        early.StatusCode.ShouldBe(StatusCode.FailedPrecondition);
        (await Should.ThrowAsync<RpcException>(async () => await client.Sensors.RuntimeHookAsync(new RuntimeHookRequest()))).StatusCode.ShouldBe(StatusCode.InvalidArgument);
        Directory.CreateDirectory(hierarchy.Mount + path);
        try
        {
            await client.Sensors.RuntimeHookAsync(hook);
            ChildProcess.Shell($"echo $$ > {hierarchy.Mount}{path}/cgroup.procs && exec /bin/echo of-the-pod").Status.ShouldBe(0);
            var process = agent.AwaitEvent("process_exec", e => e.GetProperty("process").TryGetProperty("arguments", out var arguments) && arguments.GetString() == "of-the-pod").GetProperty("process");
            process.GetProperty("pod").GetProperty("namespace").GetString().ShouldBe("shop");
            process.GetProperty("pod").GetProperty("name").GetString().ShouldBe("web-0");
            process.GetProperty("pod").GetProperty("container").GetProperty("name").GetString().ShouldBe("web");
            process.GetProperty("docker").GetString().ShouldBe(id[..31]);
        }
        finally
        {
            // A group goes when its last process has been waited for.
            SpinWait.SpinUntil(() =>
            {
                try
                {
                    Directory.Delete(hierarchy.Mount + path);
                    return true;
                }
                catch (IOException)
                {
                    return false;
                }
            }, TimeSpan.FromSeconds(5));
        }
    }

    [KernelFact]
    public async Task Deprecated_calls_about_policies_are_answered()
    {
        using var agent = _socket.Agent();
        using var client = _socket.Client();
        await client.Sensors.AddTracingPolicyAsync(new AddTracingPolicyRequest { Yaml = PolicyFile.KillsOpenerOf("/tmp/skep-not-there") });
#pragma warning disable CS0612 // as old clients do
        await client.Sensors.DisableTracingPolicyAsync(new DisableTracingPolicyRequest { Name = "forbidden" });
        ChildProcess.Run("/bin/cat", "/tmp/skep-not-there").WasKilled.ShouldBeFalse();
        (await client.Sensors.ListSensorsAsync(new ListSensorsRequest())).Sensors.Where(s => s.Collection == "forbidden").ShouldAllBe(s => !s.Enabled);
        await client.Sensors.EnableTracingPolicyAsync(new EnableTracingPolicyRequest { Name = "forbidden" });
        ChildProcess.Run("/bin/cat", "/tmp/skep-not-there").WasKilled.ShouldBeTrue();
        (await client.Sensors.ListSensorsAsync(new ListSensorsRequest())).Sensors.Count(s => s.Collection == "forbidden" && s.Enabled).ShouldBeGreaterThan(0);
#pragma warning restore CS0612
        async Task<List<ProcessInternal>> Dump(DumpProcessCacheReqArgs wanted) =>
            [.. (await client.Sensors.GetDebugAsync(new GetDebugRequest { Flag = ConfigFlag.DumpProcessCache, Dump = wanted })).Processes.Processes];
        (await Dump(new DumpProcessCacheReqArgs())).ShouldContain(p => p.Process.Pid == (uint)Environment.ProcessId && p.Color == "inUse");
        (await Dump(new DumpProcessCacheReqArgs { ExcludeExecveMapProcesses = true })).ShouldNotContain(p => p.Process.Pid == (uint)Environment.ProcessId && p.Color == "inUse");
    }

    [KernelFact]
    public async Task Other_user_is_refused_whatever_the_sockets_mode_is()
    {
        using var agent = _socket.Agent();
        using var client = _socket.Client();
        File.SetUnixFileMode(_socket.Path, (UnixFileMode)0b110_110_110);
        File.SetUnixFileMode(Path.GetDirectoryName(_socket.Path)!, (UnixFileMode)0b111_101_101);
        var other = ChildProcess.Run("setpriv", ["--reuid", "65534", "--regid", "65534", "--clear-groups", .. SkepVerb.Command("status", "--server-address", _socket.Address)]);
        other.Status.ShouldBe(1);
        other.Errors.ShouldContain("does not answer");
        other.Output.ShouldBeEmpty();
        var status = JsonDocument.Parse((await client.Agent.GetDebugDumpAsync(new GetDebugDumpRequest())).Files.Single(f => f.Name == "status.json").Content.ToStringUtf8()).RootElement;
        status.GetProperty("api").GetProperty("refused").GetProperty("peer").GetInt32().ShouldBeGreaterThan(0);
        agent.AwaitMessage("uid 65534 may not use the API");
    }

    [KernelFact]
    public async Task Thousands_of_malformed_connections_leave_the_agent_well()
    {
        const int Connections = 3000;
        using var agent = _socket.Agent();
        using var client = _socket.Client();
        await client.Sensors.GetVersionAsync(new GetVersionRequest());
        var random = new Random(20_261);
        byte[] preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0];
        // A real call's frames, to be changed: HEADERS of POST /tetragon.FineGuidanceSensors/GetVersion and an empty message.
        byte[] headers = [0x83, 0x86, 0x44, 0x28, .. "/tetragon.FineGuidanceSensors/GetVersion"u8, 0x41, 1, (byte)'h', 0x40, 12, .. "content-type"u8, 16, .. "application/grpc"u8, 0x40, 2, .. "te"u8, 8, .. "trailers"u8];
        byte[] call = [.. preface, 0, 0, (byte)headers.Length, 1, 4, 0, 0, 0, 1, .. headers, 0, 0, 5, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0];
        var open = new Queue<Socket>();
        for (var i = 0; i < Connections; i++)
        {
            var bytes = (byte[])[.. call];
            for (var changes = random.Next(1, 8); changes > 0; changes--) bytes[random.Next(i % 3 == 0 ? 0 : preface.Length - 9, bytes.Length)] = (byte)random.Next(256);
            if (i % 5 == 0) bytes = bytes[..random.Next(bytes.Length)];
            if (i % 7 == 0) bytes = [.. bytes, .. Enumerable.Range(0, random.Next(4096)).Select(_ => (byte)random.Next(256))];
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                socket.Connect(new UnixDomainSocketEndPoint(_socket.Path));
                socket.Send(bytes);
            }
            catch (SocketException)
            {
                // Refused while it was being written.
            }
            open.Enqueue(socket);
            if (open.Count > 100) open.Dequeue().Dispose();
        }
        while (open.TryDequeue(out var socket)) socket.Dispose();
        (await client.Sensors.GetHealthAsync(new GetHealthStatusRequest())).HealthStatus.Single().Status.ShouldBe(HealthStatusResult.HealthStatusRunning);
        ChildProcess.Run("/bin/echo", "still seen").Status.ShouldBe(0);
        agent.AwaitEvent("process_exec", e => e.GetProperty("process").TryGetProperty("arguments", out var arguments) && arguments.GetString() == "\"still seen\"");
        var api = JsonDocument.Parse((await client.Agent.GetDebugDumpAsync(new GetDebugDumpRequest())).Files.Single(f => f.Name == "status.json").Content.ToStringUtf8()).RootElement.GetProperty("api");
        Console.WriteLine($"after {Connections} malformed connections: {api}, {agent.ResidentKilobytes / 1024} MB");
        // Of those whose other end had gone before they were read there was nobody left to refuse; how many that were is up to the machine.
        api.GetProperty("refused").EnumerateObject().Sum(reason => reason.Value.GetInt32()).ShouldBeGreaterThan(0);
        api.GetProperty("faults").GetInt32().ShouldBe(0);
        agent.ResidentKilobytes.ShouldBeLessThan(400 * 1024);
        agent.Stop();
        agent.ExitCode.ShouldBe(0);
    }

    public void Dispose() => _socket.Dispose();
}
