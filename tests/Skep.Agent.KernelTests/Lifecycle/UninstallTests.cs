using System.Diagnostics;
using System.Text.Json;
using Shouldly;
using Skep.Agent.KernelTests.Enforcement;
using Skep.Engine.Runtime;
using Skep.Testing;
using Xunit;

namespace Skep.Agent.KernelTests.Lifecycle;

/// <summary>After <c>skep uninstall</c> nothing of the agent is left. Other agents on this machine are not looked at.</summary>
[Collection("this kernel")]
public sealed class UninstallTests : IDisposable
{
    readonly TemporaryDirectory _directory = new();
    readonly PinDirectory _pins = new();

    string Socket => _directory.File("skep.sock");

    string State => _directory.File("state");

    string Unit => _directory.File("system/skep.service");

    string Configuration => _directory.File("etc/skep.yaml");

    [KernelFact]
    public void Killed_agents_programs_pins_and_files_are_gone_and_that_is_verified()
    {
        using var policies = new PolicyFile(PolicyFile.KillsOpenerOf(_directory.File("forbidden")));
        Install();
        // Where things are is in the agent's configuration.
        File.WriteAllText(Configuration, $"pin-directory: {_pins.Path}\nstate-directory: {State}\nserver-address: unix:{Socket}\nfile: {policies.Path}\n");
        var start = SkepProgram.With(["run", "-o", "json", "--config", Configuration, "--policy-directory", "none"]);
        IReadOnlyList<EngineObject> objects;
        using (var agent = AgentProcess.Start(start))
        {
            var (refused, messages) = Uninstall();
            refused.ShouldBe(1);
            messages.ShouldContain($"an agent runs, pid {agent.Id}");
            agent.Kill();
        }
        ChildProcess.Run("/bin/cat", _directory.File("forbidden")).WasKilled.ShouldBeTrue();
        objects = EngineObjects.FindPinnedIn(_pins.Path);
        objects.Select(o => o.Kind).Distinct().ShouldBe(["prog", "map", "link"]);

        var (_, wouldBe) = Uninstall("--dry-run", "--verify");
        wouldBe.ShouldContain($"would remove pinned programs, maps and links in {_pins.Path}");
        foreach (var found in objects) wouldBe.ShouldContain($"left: {found}, held by the kernel");
        wouldBe.ShouldContain($"left: state directory {State}");
        Directory.Exists(_pins.Path).ShouldBeTrue();

        var planned = Report(expected: 1, "--dry-run", "--verify");
        planned.GetProperty("dry_run").GetBoolean().ShouldBeTrue();
        planned.GetProperty("removed").EnumerateArray().Select(p => $"{p.GetProperty("kind")} {p.GetProperty("path")}").ShouldContain($"pins {_pins.Path}");
        planned.GetProperty("pinned").GetProperty("programs").GetInt32().ShouldBe(objects.Count(o => o.Kind == "prog"));
        var left = planned.GetProperty("left");
        left.GetProperty("clean").GetBoolean().ShouldBeFalse();
        var kernel = left.GetProperty("objects").EnumerateArray().Select(o => o.GetProperty("id").GetUInt32()).ToHashSet();
        objects.ShouldAllBe(o => kernel.Contains(o.Id));

        var (code, said) = Uninstall("--verify");
        foreach (var gone in (string[])[_pins.Path, State, Socket, Unit, _directory.File("system/multi-user.target.wants/skep.service")]) Exists(gone).ShouldBeFalse();
        foreach (var found in objects) said.ShouldNotContain($"left: {found}");
        // Other agents may run on this machine.
        code.ShouldBe(said.Contains("left: ", StringComparison.Ordinal) ? 1 : 0);
        said.ShouldContain(code == 0 ? "clean: " : "held by");
        EngineObjects.Find().Intersect(objects).ShouldBeEmpty();
        ChildProcess.Run("/bin/cat", _directory.File("forbidden")).WasKilled.ShouldBeFalse();
        File.Exists(Configuration).ShouldBeTrue();
        Uninstall("--purge").Output.ShouldContain($"removed configuration {Configuration}");
        File.Exists(Configuration).ShouldBeFalse();
    }

    [KernelFact]
    public void Running_agent_is_ended_only_when_asked_for()
    {
        using var agent = AgentProcess.Start("--pin-directory", _pins.Path, "--state-directory", State, "--keep");
        string[] places = ["--config", "none", "--pin-directory", _pins.Path, "--state-directory", State, "--server-address", "none"];
        Uninstall([.. places]).Output.ShouldContain($"pid {agent.Id}");
        var done = Report(expected: 0, [.. places, "--stop"]);
        (done.GetProperty("agent_pid").GetInt32(), done.GetProperty("agent_ended").GetBoolean()).ShouldBe((agent.Id, true));
        done.TryGetProperty("left", out _).ShouldBeFalse();
        agent.AwaitEnd();
        agent.ExitCode.ShouldBe(0);
        Exists(_pins.Path).ShouldBeFalse();
        Exists(State).ShouldBeFalse();
        Uninstall([.. places]).Output.ShouldContain("there is nothing to remove");
    }

    [KernelFact]
    public void What_is_not_Skeps_is_not_touched()
    {
        Install();
        File.WriteAllText(Unit, "[Unit]\nDescription=somebody's\n");
        var home = Directory.CreateDirectory(_directory.File("home")).FullName;
        File.WriteAllText(Path.Combine(home, "letter"), "dear");
        var (code, said) = Uninstall("--config", "none", "--pin-directory", "none", "--server-address", "none", "--state-directory", home);
        code.ShouldBe(1);
        said.ShouldContain($"{home} is no state directory of Skep");
        File.Exists(Path.Combine(home, "letter")).ShouldBeTrue();
        Uninstall("--config", "none", "--pin-directory", "none", "--server-address", "none", "--state-directory", "none").Code.ShouldBe(0);
        File.Exists(Unit).ShouldBeTrue();
    }

    public void Dispose()
    {
        _pins.Dispose();
        _directory.Dispose();
    }

    void Install()
    {
        Directory.CreateDirectory(_directory.File("etc"));
        var wants = Directory.CreateDirectory(_directory.File("system/multi-user.target.wants")).FullName;
        File.WriteAllText(Unit, "# Skep's unit: of a test\n[Service]\nExecStart=/usr/bin/skep run\n");
        File.CreateSymbolicLink(Path.Combine(wants, "skep.service"), Unit);
    }

    (int Code, string Output) Uninstall(params string[] arguments)
    {
        string[] configuration = arguments.Contains("--config") ? [] : ["--config", Configuration];
        using var process = Process.Start(SkepProgram.With(["uninstall", "--unit-file", Unit, .. configuration, .. arguments]))!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    JsonElement Report(int expected, params string[] arguments)
    {
        var (code, output) = Uninstall([.. arguments, "-o", "json"]);
        code.ShouldBe(expected, output);
        return JsonDocument.Parse(output).RootElement;
    }

    static bool Exists(string path) => File.Exists(path) || Directory.Exists(path) || new FileInfo(path).LinkTarget is not null;
}
