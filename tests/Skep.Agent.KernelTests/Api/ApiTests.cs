using System.Net.Sockets;
using System.Text;
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

/// <summary>What clients of <c>skep run</c> get, over its socket.</summary>
[Collection("this kernel")]
[Trait("Kernel", "any")]
public sealed class ApiTests : IDisposable
{
    readonly AgentSocket _socket = new();

    [KernelFact]
    public async Task Stream_tells_what_the_agent_prints()
    {
        using var agent = _socket.Agent();
        using var client = _socket.Client();
        await client.Sensors.AddTracingPolicyAsync(new AddTracingPolicyRequest { Yaml = Session("asked") });
        using var call = await Subscribed(client, new GetEventsRequest());
        ChildProcess.Run("/bin/echo", "told to a client").Status.ShouldBe(0);
        Native.Session(-77);
        var told = new List<GetEventsResponse>();
        while (told.Count < 3)
        {
            (await call.ResponseStream.MoveNext()).ShouldBeTrue();
            var next = call.ResponseStream.Current;
            var process = next.ProcessExec?.Process ?? next.ProcessExit?.Process;
            if (process?.Arguments == "\"told to a client\"" || (next.ProcessTracepoint?.Process.Pid == (uint)Environment.ProcessId && next.ProcessTracepoint.PolicyName == "asked")) told.Add(next);
        }
        JsonElement Printed(string kind, Func<JsonElement, bool> wanted) => agent.AwaitEvent(kind, wanted);
        static bool IsOurs(JsonElement e) => e.GetProperty("process").TryGetProperty("arguments", out var arguments) && arguments.GetString() == "\"told to a client\"";
        Parse<ProcessExec>(Printed("process_exec", IsOurs)).ShouldBe(told[0].ProcessExec);
        Parse<ProcessExit>(Printed("process_exit", IsOurs)).ShouldBe(told[1].ProcessExit);
        Parse<ProcessTracepoint>(Printed("process_tracepoint", e => e.GetProperty("process").GetProperty("pid").GetInt32() == Environment.ProcessId)).ShouldBe(told[2].ProcessTracepoint);
    }

    [KernelFact]
    public async Task Stream_has_what_its_filters_let_through()
    {
        using var agent = _socket.Agent();
        using var client = _socket.Client();
        var request = new GetEventsRequest { AllowList = { new Filter { BinaryRegex = { "/echo$" }, EventSet = { EventType.ProcessExec } } } };
        request.FieldFilters.Add(new FieldFilter { Fields = new() { Paths = { "process.binary", "process.arguments" } } });
        using var call = await Subscribed(client, request);
        ChildProcess.Run("/bin/cat", "/dev/null").Status.ShouldBe(0);
        ChildProcess.Run("/bin/echo", "one").Status.ShouldBe(0);
        (await call.ResponseStream.MoveNext()).ShouldBeTrue();
        var exec = call.ResponseStream.Current.ProcessExec;
        exec.Process.Arguments.ShouldBe("one");
        exec.Process.Pid.ShouldBeNull();
        exec.Parent.ShouldBeNull();
        using var wrong = client.Sensors.GetEvents(new GetEventsRequest { AllowList = { new Filter { BinaryRegex = { "(" } } } });
        var bad = await Should.ThrowAsync<RpcException>(() => wrong.ResponseStream.MoveNext());
        bad.StatusCode.ShouldBe(StatusCode.InvalidArgument);
    }

    [KernelFact]
    public async Task Policies_are_added_switched_and_removed_and_a_bad_one_changes_nothing()
    {
        using var policies = new PolicyFile(Session("from-file"));
        using var agent = _socket.Agent("-f", policies.Path);
        using var client = _socket.Client();
        async Task<string[]> List() => [.. (await client.Sensors.ListTracingPoliciesAsync(new ListTracingPoliciesRequest())).Policies.Select(p => $"{p.Domain}/{p.Name} {p.State} {p.Mode} {p.KernelMemoryBytes > 0}")];
        await client.Sensors.AddTracingPolicyAsync(new AddTracingPolicyRequest { Yaml = PolicyFile.KillsOpenerOf("/tmp/skep-not-there") });
        string[] both = ["static/from-file TpStateEnabled TpModeMonitorOnly True", "grpc/forbidden TpStateEnabled TpModeEnforce True"];
        (await List()).ShouldBe(both);

        async Task Refused(StatusCode code, string text, Func<Task> call)
        {
            var error = await Should.ThrowAsync<RpcException>(call);
            error.StatusCode.ShouldBe(code);
            error.Status.Detail.ShouldContain(text);
            (await List()).ShouldBe(both);
        }

        await Refused(StatusCode.AlreadyExists, "'forbidden' already", async () => await client.Sensors.AddTracingPolicyAsync(new AddTracingPolicyRequest { Yaml = Session("forbidden") }));
        await Refused(StatusCode.InvalidArgument, "policy:6:", async () => await client.Sensors.AddTracingPolicyAsync(new AddTracingPolicyRequest { Yaml = Session("bad").Replace("tracepoints", "trakepoints", StringComparison.Ordinal) }));
        await Refused(StatusCode.FailedPrecondition, "no_such_call", async () => await client.Sensors.AddTracingPolicyAsync(new AddTracingPolicyRequest { Yaml = Session("bad").Replace("sys_enter_getsid", "sys_enter_no_such_call", StringComparison.Ordinal) }));
        await Refused(StatusCode.NotFound, "'nobody'", async () => await client.Sensors.DeleteTracingPolicyAsync(new DeleteTracingPolicyRequest { Name = "nobody" }));
        await Refused(StatusCode.FailedPrecondition, "comes from a file", async () => await client.Sensors.DeleteTracingPolicyAsync(new DeleteTracingPolicyRequest { Name = "from-file" }));
        await Refused(StatusCode.FailedPrecondition, "no action", async () => await client.Sensors.ConfigureTracingPolicyAsync(new ConfigureTracingPolicyRequest { Name = "from-file", Mode = TracingPolicyMode.TpModeEnforce }));

        await client.Sensors.ConfigureTracingPolicyAsync(new ConfigureTracingPolicyRequest { Name = "forbidden", Mode = TracingPolicyMode.TpModeMonitor });
        await client.Sensors.ConfigureTracingPolicyAsync(new ConfigureTracingPolicyRequest { Name = "from-file", Enable = false });
        (await List()).ShouldBe(["static/from-file TpStateDisabled TpModeMonitorOnly False", "grpc/forbidden TpStateEnabled TpModeMonitor True"]);
        ChildProcess.Run("/bin/cat", "/tmp/skep-not-there").WasKilled.ShouldBeFalse();
        agent.Signal(1);
        agent.AwaitMessage("reloaded");
        (await List()).ShouldBe(["static/from-file TpStateDisabled TpModeMonitorOnly False", "grpc/forbidden TpStateEnabled TpModeMonitor True"]);
        await client.Sensors.ConfigureTracingPolicyAsync(new ConfigureTracingPolicyRequest { Name = "forbidden", Mode = TracingPolicyMode.TpModeEnforce });
        ChildProcess.Run("/bin/cat", "/tmp/skep-not-there").WasKilled.ShouldBeTrue();
        await client.Sensors.DeleteTracingPolicyAsync(new DeleteTracingPolicyRequest { Name = "forbidden" });
        ChildProcess.Run("/bin/cat", "/tmp/skep-not-there").WasKilled.ShouldBeFalse();
        (await client.Sensors.ListDomainsAsync(new ListDomainsRequest())).Domains.ShouldBe(["static"]);
    }

    [KernelFact]
    public async Task Client_that_does_not_read_loses_and_is_told_how_much_and_others_lose_nothing()
    {
        const int Calls = 30_000;
        using var agent = _socket.Agent();
        using var client = _socket.Client();
        await client.Sensors.AddTracingPolicyAsync(new AddTracingPolicyRequest { Yaml = Session("counted") });
        var request = new GetEventsRequest { AllowList = { new Filter { PolicyNames = { "counted" }, Pid = { (uint)Environment.ProcessId } } } };
        using var slowClient = _socket.Client();
        using var slow = await Subscribed(slowClient, request);
        using var quick = await Subscribed(client, request);
        var told = 0L;
        var reading = Task.Run(() => Read(quick, Calls, count => Volatile.Write(ref told, count)));
        for (var i = 0; i < Calls; i++)
        {
            Native.Session(-1);
            // A client keeps up that is given the time to, on a busy machine too.
            while (i - Volatile.Read(ref told) > 1000 && !reading.IsCompleted) await Task.Delay(1);
        }
        var (received, lost) = await reading;
        (received + lost).ShouldBe(Calls);
        lost.ShouldBe(0);
        var (slowReceived, slowLost) = await Read(slow, Calls);
        (slowReceived + slowLost).ShouldBe(Calls);
        slowLost.ShouldBeGreaterThan(0);
        Console.WriteLine($"a client that did not read got {slowReceived} events and lost {slowLost}; agent {agent.ResidentKilobytes / 1024} MB");
    }

    [KernelFact]
    public async Task Hundred_streams_and_broken_clients_are_served_side_by_side()
    {
        using var agent = _socket.Agent();
        var clients = Enumerable.Range(0, 10).Select(_ => _socket.Client()).ToList();
        var calls = new List<AsyncServerStreamingCall<GetEventsResponse>>();
        for (var i = 0; i < 100; i++) calls.Add(await Subscribed(clients[i % 10], new GetEventsRequest { AllowList = { new Filter { ArgumentsRegex = { "to all" }, EventSet = { EventType.ProcessExec } } } }));
        var broken = new List<Socket>();
        for (var i = 0; i < 20; i++)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(_socket.Path));
            // Nothing at all, half a preface, garbage, a frame without end.
            byte[] bytes = (i % 4) switch { 0 => [], 1 => Encoding.ASCII.GetBytes("PRI * HT"), 2 => [.. Enumerable.Range(0, 4096).Select(b => (byte)(b * 31))], _ => [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0xff, 0xff, 0xff, 0, 0] };
            if (bytes.Length > 0) socket.Send(bytes);
            broken.Add(socket);
        }
        ChildProcess.Run("/bin/echo", "to all").Status.ShouldBe(0);
        foreach (var call in calls)
        {
            (await call.ResponseStream.MoveNext()).ShouldBeTrue();
            call.ResponseStream.Current.ProcessExec.Process.Arguments.ShouldBe("\"to all\"");
        }
        (await clients[0].Sensors.GetHealthAsync(new GetHealthStatusRequest())).HealthStatus.Single().Status.ShouldBe(HealthStatusResult.HealthStatusRunning);
        var large = await Should.ThrowAsync<RpcException>(async () => await clients[0].Sensors.AddTracingPolicyAsync(new AddTracingPolicyRequest { Yaml = new string('#', 64 * 1024 * 1024) }));
        large.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        foreach (var socket in broken) socket.Dispose();
        foreach (var call in calls) call.Dispose();
        foreach (var client in clients) client.Dispose();
        agent.Stop();
        agent.ExitCode.ShouldBe(0);
    }

    [KernelFact]
    public void Socket_is_its_owners_and_a_killed_agents_one_is_replaced()
    {
        using (var agent = _socket.Agent())
        {
            File.GetUnixFileMode(_socket.Path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            var (code, messages) = AgentProcess.Run("--pin-directory", "none", "--server-address", _socket.Address);
            code.ShouldBe(1);
            messages.ShouldContain("another agent serves");
            agent.Kill();
        }
        File.Exists(_socket.Path).ShouldBeTrue();
        using (var agent = _socket.Agent()) agent.Stop();
        File.Exists(_socket.Path).ShouldBeFalse();
    }

    public void Dispose() => _socket.Dispose();

    static string Session(string name) => PolicyText.Of(name, """
        tracepoints:
        - subsystem: syscalls
          event: sys_enter_getsid
        """).Replace("  options:\n  - name: policy-mode\n    value: enforce\n", "", StringComparison.Ordinal);

    static T Parse<T>(JsonElement printed) where T : Google.Protobuf.IMessage<T>, new() => new Google.Protobuf.MessageParser<T>(() => new T()).ParseJson(printed.GetRawText());

    static async Task<AsyncServerStreamingCall<GetEventsResponse>> Subscribed(AgentClient client, GetEventsRequest request)
    {
        // An event that does not come fails the test instead of holding it.
        var call = client.Sensors.GetEvents(request, deadline: DateTime.UtcNow.AddMinutes(5));
        await call.ResponseHeadersAsync;
        return call;
    }

    static async Task<(long Received, long Lost)> Read(AsyncServerStreamingCall<GetEventsResponse> call, long expected, Action<long>? progress = null)
    {
        var (received, lost) = (0L, 0L);
        while (received + lost < expected)
        {
            (await call.ResponseStream.MoveNext()).ShouldBeTrue();
            if (call.ResponseStream.Current.RateLimitInfo is { } info) lost += (long)info.NumberOfDroppedProcessEvents;
            else received++;
            progress?.Invoke(received + lost);
        }
        return (received, lost);
    }
}
