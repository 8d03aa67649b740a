using System.Diagnostics;
using System.Net.Sockets;
using Grpc.Core;
using Shouldly;
using Skep.Agent.Api;
using Skep.Agent.Events;
using Skep.Agent.KernelTests.Enforcement;
using Skep.Agent.Policies;
using Skep.Tetragon.Api;
using Skep.Tetragon.Export;
using Xunit;

namespace Skep.Agent.KernelTests.Api;

/// <summary>What becomes of connections and calls that are not as they should be.</summary>
[Trait("Kernel", "any")]
public class HardeningTests
{
    static readonly byte[] s_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    [Fact]
    public void Connection_that_does_not_say_what_it_wants_is_closed_and_counted()
    {
        using var server = new BareServer(options => options with { Patience = TimeSpan.FromMilliseconds(300) });
        using var silent = server.Connect();
        using var slow = server.Connect();
        slow.Send(s_preface.AsSpan(0, 5));
        using var other = server.Connect();
        other.Send("GET / HTTP/1.1\r\n\r\n"u8);
        IsClosed(silent).ShouldBeTrue();
        IsClosed(slow).ShouldBeTrue();
        IsClosed(other).ShouldBeTrue();
        Until(() => server.Counters.Refused(ApiRefusal.Silent) == 2 && server.Counters.Refused(ApiRefusal.Malformed) == 1);
        Until(() => server.Counters.Connections == 0);
        server.Counters.Accepted.ShouldBe(3);
        server.Messages.ShouldContain("does not speak HTTP/2");
    }

    [Fact]
    public void Who_only_looks_whether_somebody_listens_is_not_counted()
    {
        using var server = new BareServer();
        for (var i = 0; i < 5; i++) server.Connect().Dispose();
        Until(() => server.Counters.Accepted == 5 && server.Counters.Connections == 0);
        server.Counters.RefusedAtAll.ShouldBe(0);
    }

    [Fact]
    public void Headers_that_do_not_come_to_an_end_are_given_up()
    {
        using var server = new BareServer(options => options with { Patience = TimeSpan.FromMilliseconds(300) });
        using var socket = server.Connect();
        // Settings, then HEADERS of a stream without END_HEADERS.
        socket.Send([.. s_preface, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82]);
        IsClosed(socket).ShouldBeTrue();
        Until(() => server.Counters.Refused(ApiRefusal.Silent) == 1);
    }

    [Fact]
    public async Task Frames_that_cannot_be_are_counted_and_others_are_served()
    {
        using var server = new BareServer();
        byte[][] wrong = [[0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1], [0, 0, 1, 4, 0, 0, 0, 0, 0, 1], [0, 0, 0, 9, 0, 0, 0, 0, 5], [0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 1, 1, 4, 0, 0, 0, 1, 0xff]];
        foreach (var frame in wrong)
        {
            using var socket = server.Connect();
            socket.Send([.. s_preface, 0, 0, 0, 4, 0, 0, 0, 0, 0, .. frame]);
            IsClosed(socket).ShouldBeTrue();
        }
        Until(() => server.Counters.Refused(ApiRefusal.Malformed) == wrong.Length);
        using var client = server.Client();
        (await client.Sensors.GetVersionAsync(new GetVersionRequest())).Version.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Connections_beyond_the_limit_are_refused_and_counted()
    {
        using var server = new BareServer(options => options with { MaxConnections = 3 });
        var held = Enumerable.Range(0, 3).Select(_ => server.Connect()).ToList();
        Until(() => server.Counters.Connections == 3);
        using (var more = server.Connect()) IsClosed(more).ShouldBeTrue();
        Until(() => server.Counters.Refused(ApiRefusal.TooManyConnections) == 1);
        foreach (var socket in held) socket.Dispose();
        Until(() => server.Counters.Connections == 0);
        using var client = server.Client();
        (await client.Sensors.GetVersionAsync(new GetVersionRequest())).Version.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Requests_that_are_too_large_unreadable_or_unknown_are_told_and_counted()
    {
        using var server = new BareServer();
        using var client = server.Client();
        (await Refused(async () => await client.Sensors.AddTracingPolicyAsync(new AddTracingPolicyRequest { Yaml = new string('#', 20 * 1024 * 1024) }))).ShouldBe(StatusCode.ResourceExhausted);
        (await Refused(async () => await client.Sensors.RemoveSensorAsync(new RemoveSensorRequest { Name = "x" }))).ShouldBe(StatusCode.Unimplemented);
        (await Refused(async () => await client.Sensors.EnableSensorAsync(new EnableSensorRequest { Name = "x" }))).ShouldBe(StatusCode.Unimplemented);
        var raw = Marshallers.Create<byte[]>(b => b, b => b);
        var method = new Method<byte[], byte[]>(MethodType.Unary, FineGuidanceSensors.Descriptor.FullName, "GetHealth", raw, raw);
        (await Refused(async () => await client.Invoker.AsyncUnaryCall(method, null, default, [0x0a, 0xff, 0xff]))).ShouldBe(StatusCode.InvalidArgument);
        Until(() => server.Counters.Calls == 4);
        server.Counters.Failed.ShouldBe(4);
        server.Counters.Refused(ApiRefusal.TooMuch).ShouldBe(1);
        server.Counters.Refused(ApiRefusal.Unknown).ShouldBe(2);
        server.Counters.Refused(ApiRefusal.BadRequest).ShouldBe(1);
    }

    [Fact]
    public async Task Rotation_of_the_export_file_is_told_and_changed_while_it_is_written()
    {
        using var directory = new TemporaryDirectory();
        using var file = new ExportFileSink(new ExportFileOptions { Path = directory.File("events.log"), Rotation = new() { MaxSize = 3_000_000, Interval = TimeSpan.FromMinutes(90), MaxBackups = 2 } }, new ExportOptions(), _ => { });
        using var server = new BareServer(exportFile: file);
        using var client = server.Client();
        var log = new EventLogService.EventLogServiceClient(client.Invoker);
        (await log.GetEventLogParamsAsync(new GetEventLogParamsRequest())).ShouldBe(new GetEventLogParamsResponse { MaxSize = 3, RotationInterval = "1h30m0s", MaxBackups = 2 });
        // What is not set stays.
        await log.SetEventLogParamsAsync(new SetEventLogParamsRequest { MaxSize = 7 });
        await log.SetEventLogParamsAsync(new SetEventLogParamsRequest { RotationInterval = "0s", MaxBackups = 0 });
        (await log.GetEventLogParamsAsync(new GetEventLogParamsRequest())).ShouldBe(new GetEventLogParamsResponse { MaxSize = 7, RotationInterval = "0s", MaxBackups = 0 });
        file.Rotation.ShouldBe(new ExportRotation { MaxSize = 7_000_000, MaxBackups = 0 });
        foreach (var wrong in (SetEventLogParamsRequest[])[new() { MaxSize = -1, MaxBackups = 1 }, new() { MaxBackups = -1 }, new() { RotationInterval = "-1s" }, new() { RotationInterval = "1 hour" }, new() { RotationInterval = "" }])
        {
            (await Refused(async () => await log.SetEventLogParamsAsync(wrong))).ShouldBe(StatusCode.InvalidArgument);
        }
        file.Rotation.ShouldBe(new ExportRotation { MaxSize = 7_000_000, MaxBackups = 0 });
        using var without = new BareServer();
        using var other = without.Client();
        log = new EventLogService.EventLogServiceClient(other.Invoker);
        (await Refused(async () => await log.GetEventLogParamsAsync(new GetEventLogParamsRequest()))).ShouldBe(StatusCode.FailedPrecondition);
        (await Refused(async () => await log.SetEventLogParamsAsync(new SetEventLogParamsRequest { MaxSize = 1 }))).ShouldBe(StatusCode.FailedPrecondition);
    }

    [Fact]
    public async Task Calls_before_and_after_the_agents_run_are_answered_at_once()
    {
        using var server = new BareServer();
        using var client = server.Client();
        for (var i = 0; i < 2; i++)
        {
            var started = Stopwatch.GetTimestamp();
            (await Refused(async () => await client.Sensors.GetHealthAsync(new GetHealthStatusRequest()))).ShouldBe(StatusCode.Unavailable);
            (await Refused(async () => await client.Sensors.ListTracingPoliciesAsync(new ListTracingPoliciesRequest()))).ShouldBe(StatusCode.Unavailable);
            (await Refused(async () => await client.Agent.GetTreeAsync(new GetTreeRequest()))).ShouldBe(StatusCode.Unavailable);
            (await Refused(async () => await client.Agent.GetDebugDumpAsync(new GetDebugDumpRequest()))).ShouldBe(StatusCode.Unavailable);
            Stopwatch.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(30));
            server.Calls.Close();
        }
        server.Counters.Faults.ShouldBe(0);
    }

    [Fact]
    public void Fault_of_a_handler_is_told_counted_and_logged()
    {
        using var said = new StringWriter();
        var counters = new ApiCounters();
        var errors = new ApiErrors(counters, new MessageLog(said));
        errors.Explain("GetTree", new InvalidOperationException("what no one expected"), default).StatusCode.ShouldBe(StatusCode.Internal);
        counters.Faults.ShouldBe(1);
        said.ToString().ShouldContain("GetTree failed: InvalidOperationException: what no one expected");
        errors.Explain("GetTree", new PolicyRefusedException(PolicyRefusal.NotFound, "none"), default).StatusCode.ShouldBe(StatusCode.NotFound);
        counters.Faults.ShouldBe(1);
    }

    [Fact]
    public async Task Log_level_is_info_or_debug_and_debug_tells_of_calls()
    {
        using var server = new BareServer();
        using var client = server.Client();
        (await client.Sensors.SetDebugAsync(new SetDebugRequest { Flag = ConfigFlag.LogLevel, Level = LogLevel.Debug })).Level.ShouldBe(LogLevel.Debug);
        await client.Sensors.GetVersionAsync(new GetVersionRequest());
        (await client.Sensors.GetDebugAsync(new GetDebugRequest { Flag = ConfigFlag.LogLevel })).Level.ShouldBe(LogLevel.Debug);
        server.Messages.ShouldContain("FineGuidanceSensors/GetVersion OK");
        (await Refused(async () => await client.Sensors.SetDebugAsync(new SetDebugRequest { Flag = ConfigFlag.LogLevel, Level = LogLevel.Panic }))).ShouldBe(StatusCode.InvalidArgument);
        (await Refused(async () => await client.Sensors.SetDebugAsync(new SetDebugRequest { Flag = ConfigFlag.DumpProcessCache }))).ShouldBe(StatusCode.InvalidArgument);
    }

    [Fact]
    public async Task Features_are_named_as_tetragon_names_them()
    {
        using var server = new BareServer();
        using var client = server.Client();
        var info = await client.Sensors.GetInfoAsync(new GetInfoRequest());
        info.Name.ShouldBe("skep");
        info.Probes.ToDictionary(p => p.Name, p => p.Enabled)["kprobe"].ShouldBe(Skep.Bpf.Features.Attach(Skep.Bpf.AttachFeature.Kprobe).IsPresent);
    }

    static async Task<StatusCode> Refused(Func<Task> call) => (await Should.ThrowAsync<RpcException>(call)).StatusCode;

    /// <summary>Whether the other end closes, whatever it says before.</summary>
    static bool IsClosed(Socket socket)
    {
        var buffer = new byte[1024];
        try
        {
            while (socket.Receive(buffer) > 0)
            {
            }
            return true;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown;
        }
    }

    static void Until(Func<bool> condition) => SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(30)).ShouldBeTrue();
}
