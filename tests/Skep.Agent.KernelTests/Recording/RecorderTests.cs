using System.Text;
using Shouldly;
using Skep.Agent.KernelTests.Api;
using Skep.Agent.KernelTests.Enforcement;
using Skep.Agent.KernelTests.Lifecycle;
using Skep.Agent.Recording;
using Skep.Cli.Client;
using Skep.Cli.Recording;
using Skep.Engine.Matching;
using Skep.Engine.Recording;
using Skep.Engine.Rules;
using Skep.Engine.Trials;
using Skep.Tetragon.Api;
using Skep.Testing;
using Xunit;

namespace Skep.Agent.KernelTests.Recording;

/// <summary>What <c>skep run</c> leaves on disk.</summary>
[Collection("this kernel")]
[Trait("Kernel", "any")]
public sealed class RecorderTests : IDisposable
{
    const string Opens = """
        apiVersion: cilium.io/v1alpha1
        kind: TracingPolicy
        metadata:
          name: "opens"
        spec:
          kprobes:
          - call: "sys_openat"
            syscall: true
            message: "a file is opened"
            tags: ["one", "two"]
            args:
            - index: 0
              type: "int"
            - index: 1
              type: "string"
              label: "file"
        """;

    readonly TemporaryDirectory _directory = new();

    string State => _directory.File("state");

    AgentProcess Agent(params string[] more) => AgentProcess.Start([.. more, "--pin-directory", "none", "--state-directory", State]);

    RecordedEvents Read(List<string> lines, string? state = null)
    {
        var events = new RecordedEvents(new GetEventsRequest(), line => lines.Add(Encoding.UTF8.GetString(line).TrimEnd('\n')));
        events.Read(EventRecording.In(state ?? State).Segments(), RecordingRange.All);
        return events;
    }

    [KernelFact]
    public void Recorded_events_print_as_they_did_live_and_so_does_a_saved_copy()
    {
        using var policies = new PolicyFile(Opens);
        List<string> live;
        using (var agent = Agent("-f", policies.Path, "--privileges"))
        {
            for (var i = 0; i < 20; i++) Lifecycle.Native.Run("/bin/true", $"recorded {i}");
            agent.AwaitEvent("process_exit", e => e.GetProperty("process").TryGetProperty("arguments", out var a) && a.GetString() == "\"recorded 19\"");
            agent.Stop();
            live = agent.Lines();
        }
        var recorded = new List<string>();
        var events = Read(recorded);
        recorded.Count.ShouldBe(live.Count);
        foreach (var (was, now) in live.Zip(recorded)) (was == now).ShouldBeTrue($"{was}\n{now}");
        (events.Faults.Count, events.Malformed).ShouldBe((0, 0));

        var copied = new List<string>();
        var copy = _directory.File("copy.skep");
        using (var output = File.Create(copy)) RecordingCopy.Create(EventRecording.In(State).Segments(), RecordingRange.All, output, Tetragon.Policies.HookTagCodec.Instance, isLive: false).Events.ShouldBe(live.Count);
        new RecordedEvents(new GetEventsRequest(), line => copied.Add(Encoding.UTF8.GetString(line).TrimEnd('\n'))).Read([copy], RecordingRange.All);
        copied.ShouldBe(recorded);
    }

    [KernelFact]
    public void Secrets_do_not_reach_the_disk_and_what_is_told_later_is_what_was_told_live()
    {
        List<string> live;
        using (var agent = Agent("--environment", "4096", "--redaction-filters", """{"redact":["--token[= ](\\S+)","SECRET=(.*)"]}"""))
        {
            ChildProcess.Run("/usr/bin/env", "SECRET=hunter2 hunter3", "PLAIN=a b", "/bin/echo", "of disk", "--token", "hunter4", "", "--token=hunter5 hunter6").Status.ShouldBe(0);
            agent.AwaitEvent("process_exit", e => e.GetProperty("process").TryGetProperty("arguments", out var a) && a.GetString()!.Contains("\"of disk\"", StringComparison.Ordinal) && e.GetProperty("process").GetProperty("binary").GetString()!.EndsWith("echo", StringComparison.Ordinal));
            agent.Stop();
            live = agent.Lines();
        }
        var recorded = new List<string>();
        Read(recorded);
        recorded.ShouldBe(live);
        var echo = recorded.First(line => line.Contains("/echo\"", StringComparison.Ordinal) && line.Contains("PLAIN", StringComparison.Ordinal));
        echo.ShouldContain("--token *****  \\\"--token=***** hunter6\\\"");
        echo.ShouldContain("""{"Key":"SECRET","Value":"*****"}""");
        // They are printed without any filter: what is not there was not written.
        foreach (var secret in (string[])["hunter2", "hunter3", "hunter4", "hunter5"]) recorded.ShouldNotContain(line => line.Contains(secret, StringComparison.Ordinal));
        var file = _directory.File("saved.skep");
        SkepVerb.Run("save", "1h", file, "--state-directory", State).Status.ShouldBe(0);
        foreach (var verb in (string[][])[["events", "--file", file, "-o", "json"], ["events", "--since", "1h", "--no-follow", "--state-directory", State]])
        {
            var told = SkepVerb.Run(verb);
            told.Status.ShouldBe(0, told.Errors);
            told.Output.ShouldContain("--token *****");
            told.Output.ShouldNotContain("hunter4");
        }
        using var policy = new PolicyFile("""
            apiVersion: cilium.io/v1alpha1
            kind: TracingPolicy
            metadata:
              name: of-echo
            spec:
              executions:
              - selectors:
                - matchBinaries:
                  - {operator: "Postfix", values: ["/echo"]}
            """);
        var tried = SkepVerb.Run("policy", "try", policy.Path, "--file", file);
        tried.Status.ShouldBe(0, tried.Errors);
        tried.Output.ShouldContain("--token *****");
        tried.Output.ShouldNotContain("hunter4");
    }

    [KernelFact]
    public void Killed_agent_leaves_all_but_the_last_moments_and_the_next_one_records_on()
    {
        var stop = false;
        var load = new Thread(() =>
        {
            for (var i = 0; !Volatile.Read(ref stop); i++) Lifecycle.Native.Run("/bin/true", $"storm {i}");
        });
        List<string> live;
        DateTime killed;
        using (var agent = Agent())
        {
            load.Start();
            Thread.Sleep(5000);
            killed = DateTime.UtcNow;
            agent.Kill();
            live = agent.Lines();
        }
        stop = true;
        load.Join();
        var recorded = new List<string>();
        Read(recorded).Malformed.ShouldBe(0);
        var common = live.Zip(recorded).TakeWhile(l => l.First == l.Second).Count();
        common.ShouldBe(Math.Min(live.Count, recorded.Count));
        recorded.Count.ShouldBeGreaterThan(0);
        // The recorder hands its events over each second; what was handed over is the kernel's to keep.
        foreach (var line in live.Skip(common)) System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("time").GetDateTime().ShouldBeGreaterThan(killed.AddSeconds(-4));

        using (var next = Agent())
        {
            Lifecycle.Native.Run("/bin/true", "after the kill");
            next.AwaitEvent("process_exit", e => e.GetProperty("process").TryGetProperty("arguments", out var a) && a.GetString() == "\"after the kill\"");
            next.Stop();
        }
        var all = new List<string>();
        Read(all).Malformed.ShouldBe(0);
        all.Take(recorded.Count).ShouldBe(recorded);
        all.Skip(recorded.Count).ShouldContain(line => line.Contains("after the kill", StringComparison.Ordinal));
    }

    [KernelFact]
    public void Full_file_system_pauses_the_recorder_alone_and_room_makes_it_go_on()
    {
        using var small = new SmallFileSystem(kilobytes: 4096);
        var stop = false;
        var load = new Thread(() =>
        {
            for (var i = 0; !Volatile.Read(ref stop); i++) Lifecycle.Native.Run("/bin/true", $"load {i}");
        });
        using (var agent = AgentProcess.Start("--pin-directory", "none", "--state-directory", small.Path, "--recorder-size", "2M"))
        {
            load.Start();
            try
            {
                Thread.Sleep(1500);
                small.Fill();
                agent.AwaitMessage("recorder: paused");
                var seen = agent.Events("process_exec").Count;
                agent.AwaitEvent("process_exec", _ => agent.Events("process_exec").Count > seen + 10);
                small.Empty();
                agent.AwaitMessage("recorder: goes on");
                Lifecycle.Native.Run("/bin/true", "there is room again");
                agent.AwaitEvent("process_exit", e => e.GetProperty("process").TryGetProperty("arguments", out var a) && a.GetString() == "\"there is room again\"");
                agent.Stop();
            }
            finally
            {
                stop = true;
                load.Join();
            }
        }
        var recorded = new List<string>();
        var events = Read(recorded, small.Path);
        recorded.ShouldContain(line => line.Contains("there is room again", StringComparison.Ordinal));
        events.Lost.Recorder.ShouldBeGreaterThan(0);
        events.Malformed.ShouldBe(0);
    }

    [KernelFact]
    public void Policy_is_tried_on_real_executions()
    {
        var name = $"tried-{Environment.ProcessId}";
        using (var agent = Agent())
        {
            for (var i = 0; i < 3; i++) Lifecycle.Native.Run("/bin/true", name);
            agent.AwaitEvent("process_exit", _ => agent.Events("process_exit").Count(e => e.GetProperty("process").TryGetProperty("arguments", out var a) && a.GetString() == name) == 3);
            agent.Stop();
        }
        var policy = new Policy
        {
            Name = "tried",
            Hooks =
            [
                new HookRequest
                {
                    Target = new ExecutionHook(), Values = [ProcessValues.OfExecution["arguments"]],
                    Rules = [new Rule { When = new ValueCondition(0, new TextPredicate([new TextPattern(TextOperator.Suffix, Encoding.UTF8.GetBytes(name))])), Actions = [new SignalAction(9)] }],
                },
            ],
        };
        var hook = PolicyTrial.Run([policy], EventRecording.In(State).Segments(), RecordingRange.All, isLive: false).Hooks.ShouldHaveSingleItem();
        (hook.Matched, hook.Killed).ShouldBe((3, 3));
        hook.Complete.ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [KernelFact]
    public async Task Recorded_events_go_on_live_without_a_gap_and_none_twice()
    {
        var (mark, stop) = ($"number-{Environment.ProcessId}-", false);
        var socket = _directory.File("skep.sock");
        using var agent = Agent("--server-address", $"unix:{socket}");
        using var client = AgentClient.Find($"unix:{socket}");
        var load = new Thread(() =>
        {
            for (var i = 0; !Volatile.Read(ref stop); i++)
            {
                Lifecycle.Native.Run("/bin/true", $"{mark}{i}");
                Thread.Sleep(10);
            }
        });
        load.Start();
        await Task.Delay(1500);
        var seen = new List<int>();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(6));
        try
        {
            await RecordedStream.Follow(EventRecording.In(State), RecordingRange.All, new GetEventsRequest(), client, wire =>
            {
                if (GetEventsResponse.Parser.ParseFrom(wire).ProcessExec?.Process.Arguments is { } text && text.StartsWith(mark, StringComparison.Ordinal)) seen.Add(int.Parse(text[mark.Length..]));
            }, () => { }, limit.Token);
        }
        catch (Exception error) when (error is OperationCanceledException or Grpc.Core.RpcException)
        {
            // The time is over.
        }
        stop = true;
        load.Join();
        seen.Count.ShouldBeGreaterThan(50);
        seen.ShouldBe(Enumerable.Range(0, seen.Count));
    }

    [KernelFact]
    public void Damage_is_told_once_and_what_comes_after_it_is_told_and_the_agents_end_is_an_error()
    {
        var address = $"unix:{_directory.File("skep.sock")}";
        using var agent = Agent("--server-address", address);
        for (var i = 0; i < 4; i++)
        {
            Lifecycle.Native.Run("/bin/true", $"piece-{i}");
            // A block each.
            Thread.Sleep(1200);
        }
        var segment = EventRecording.In(State).Segments().ShouldHaveSingleItem();
        using (var file = new FileStream(segment, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            var content = new byte[file.Length];
            file.ReadExactly(content);
            // What the first one tells of processes, all others refer to.
            var block = content.AsSpan().LastIndexOf("blk\n"u8);
            file.Position = block + 60;
            file.WriteByte((byte)(content[block + 60] ^ 0xff));
        }
        using var events = SkepVerb.Start("events", "--since", "1h", "--state-directory", State, "--server-address", address, "--arguments", "^piece-", "-e", "exec");
        var said = events.StandardError.ReadToEndAsync();
        events.StandardOutput.ReadLine()!.ShouldContain("piece-");
        Lifecycle.Native.Run("/bin/true", "piece-now");
        while (!events.StandardOutput.ReadLine()!.Contains("piece-now", StringComparison.Ordinal))
        {
        }
        agent.Stop();
        events.WaitForExit();
        events.ExitCode.ShouldBe(1);
        said.Result.Split("a damaged part was left out").Length.ShouldBe(2, said.Result);
    }

    public void Dispose() => _directory.Dispose();
}
