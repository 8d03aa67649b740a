using System.Diagnostics;
using System.Text.Json;
using Shouldly;
using Skep.Agent.KernelTests.Enforcement;
using Skep.Agent.KernelTests.Lifecycle;
using Skep.Testing;
using Xunit;

namespace Skep.Agent.KernelTests.Api;

/// <summary><c>skep events</c> as its users run it.</summary>
[Collection("this kernel")]
[Trait("Kernel", "any")]
public sealed class EventsCommandTests : IDisposable
{
    readonly AgentSocket _socket = new();

    Process Follow(params string[] options)
    {
        var events = SkepVerb.Start(["events", "--server-address", _socket.Address, .. options]);
        events.StandardError.ReadLine().ShouldBe("skep: connected");
        return events;
    }

    [KernelFact]
    public void Json_is_the_text_that_the_agent_prints_and_filters_hold()
    {
        using var agent = _socket.Agent();
        using var events = Follow("-o", "json", "--event-types", "exec,exit", "--process", "/echo$", "--process", "/cat$", "--arguments", "seen", "--parents", ".");
        ChildProcess.Run("/bin/echo", "not this").Status.ShouldBe(0);
        ChildProcess.Run("/bin/echo", "seen \"ä\"\u0001").Status.ShouldBe(0);
        foreach (var kind in new[] { "process_exec", "process_exit" })
        {
            var printed = agent.AwaitEvent(kind, e => e.GetProperty("process").TryGetProperty("arguments", out var arguments) && arguments.GetString()!.StartsWith("\"seen", StringComparison.Ordinal));
            var line = events.StandardOutput.ReadLine()!;
            JsonDocument.Parse(line).RootElement.GetProperty(kind).GetRawText().ShouldBe(printed.GetRawText());
        }
        Interrupt(events).ShouldBe(0);
    }

    [KernelFact]
    public void Compact_lines_are_coloured_only_when_asked_outside_of_a_terminal()
    {
        using var agent = _socket.Agent();
        using var plain = Follow("--arguments", "^a-word$", "-e", "PROCESS_EXEC");
        using var coloured = Follow("--arguments", "^a-word$", "-e", "exec", "--color", "always", "--timestamps", "false");
        ChildProcess.Run("/bin/echo", "a-word").Status.ShouldBe(0);
        var line = plain.StandardOutput.ReadLine()!;
        line.ShouldContain("Z process host ");
        line.ShouldEndWith("/echo a-word");
        coloured.StandardOutput.ReadLine()!.ShouldStartWith("\u001b[32mprocess\u001b[0m \u001b[35mhost\u001b[0m \u001b[1m");
        Interrupt(plain).ShouldBe(0);
        Interrupt(coloured).ShouldBe(0);
    }

    [KernelFact]
    public void Closed_pipe_ends_it_quietly()
    {
        using var agent = _socket.Agent();
        var command = string.Join(' ', SkepVerb.Command(["events", "--server-address", _socket.Address, "--arguments", "^through$"]).Select(word => $"'{word}'"));
        using var pipe = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", $"set -o pipefail; {command} 2>{_socket.File("errors")} | head -n 1; echo ended ${{PIPESTATUS[0]}}"]) { RedirectStandardOutput = true })!;
        SpinWait.SpinUntil(() => File.Exists(_socket.File("errors")) && File.ReadAllText(_socket.File("errors")).Contains("connected", StringComparison.Ordinal), TimeSpan.FromSeconds(60)).ShouldBeTrue();
        ChildProcess.Run("/bin/echo", "through").Status.ShouldBe(0);
        pipe.StandardOutput.ReadLine()!.ShouldContain("through");
        var ended = pipe.StandardOutput.ReadLineAsync();
        while (!ended.Wait(TimeSpan.FromMilliseconds(100))) ChildProcess.Run("/bin/echo", "through");
        ended.Result.ShouldBe("ended 0");
        File.ReadAllText(_socket.File("errors")).ShouldBe("skep: connected\n");
    }

    [KernelFact]
    public void Wrong_filters_and_no_agent_are_errors_and_reconnect_waits_for_one()
    {
        _socket.Run("events").ShouldBe(new ChildProcess(1, "", $"skep: no agent serves {_socket.Path}: start one with skep run, or say where it is with --server-address\n"));
        _socket.Run("events", "--event-types", "nonsense").Errors.ShouldContain("'nonsense' is no kind of event");
        using var events = _socket.Start("events", "--reconnect", "-o", "json", "--arguments", "^found$");
        events.StandardError.ReadLine()!.ShouldContain("trying again");
        using (var agent = _socket.Agent())
        {
            var wrong = _socket.Run("events", "--process", "(", "--reconnect");
            wrong.Status.ShouldBe(1);
            wrong.Errors.ShouldContain("binary_regex");
            wrong.Errors.ShouldNotContain("connected");
            _socket.Run("events", "-o", "xml").ShouldBe(new ChildProcess(1, "", "skep: Argument 'xml' not recognized. Must be one of: 'compact' 'json'\nskep: see skep events --help\n"));
            while (events.StandardError.ReadLine() != "skep: connected")
            {
            }
            ChildProcess.Run("/bin/echo", "found").Status.ShouldBe(0);
            events.StandardOutput.ReadLine()!.ShouldContain("found");
            agent.Stop();
        }
        events.StandardError.ReadLine()!.ShouldContain("trying again");
        using (_socket.Agent())
        {
            while (events.StandardError.ReadLine() != "skep: connected")
            {
            }
        }
        Interrupt(events).ShouldBe(0);
    }

    [KernelFact]
    public void End_of_the_agent_is_an_error()
    {
        using var agent = _socket.Agent();
        using var events = Follow();
        agent.Stop();
        events.WaitForExit();
        events.ExitCode.ShouldBe(1);
        events.StandardError.ReadToEnd().ShouldStartWith("skep: ");
    }

    public void Dispose() => _socket.Dispose();

    static int Interrupt(Process process)
    {
        using var kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
        kill.WaitForExit();
        process.WaitForExit();
        return process.ExitCode;
    }
}
