using System.Text.Json;
using Shouldly;
using Skep.Testing;
using Xunit;
using static Skep.Agent.KernelTests.Falco.Scenario;

namespace Skep.Agent.KernelTests.Falco;

/// <summary>Published scenarios, done for real: each raises the alert of the published rule that it is for.</summary>
[Collection("this kernel")]
public class ScenarioTests(ScenarioAgent scenarios) : IClassFixture<ScenarioAgent>
{
    const string Actor = "eg_actor";

    static readonly Lazy<IReadOnlyList<Scenario>> s_scenarios = new(() =>
        [.. Directory.GetFiles(ScenarioTheoryAttribute.PathOf("e2e"), "*.yaml").Order(StringComparer.Ordinal).SelectMany(ScenarioFile.Read).Where(s => s.IsForThisMachine)]);

    public static TheoryData<string> OnTheHost => [.. s_scenarios.Value.Where(s => !s.IsInContainer).Select(s => s.Name)];

    public static TheoryData<string> InContainers => [.. s_scenarios.Value.Where(s => s.IsInContainer).Select(s => s.Name)];

    [ScenarioTheory]
    [MemberData(nameof(OnTheHost))]
    public void Scenario_raises_its_alert(string name) => Play(s_scenarios.Value.Single(s => s.Name == name));

    [ScenarioTheory(KernelFeature.Runc)]
    [MemberData(nameof(InContainers))]
    public void Scenario_raises_its_alert_in_a_container(string name) => Play(s_scenarios.Value.Single(s => s.Name == name));

    void Play(Scenario scenario)
    {
        var agent = scenarios.Agent;
        using var resources = new ScenarioResources(scenario);
        if (scenario.Before is { } before) ChildProcess.Shell(before).Status.ShouldBe(0);
        List<Dictionary<string, object?>> processes = [.. scenario.Processes];
        if (processes.Count == 0) processes.Add(new() { ["name"] = Actor });
        List<ActorScript> scripts = [.. processes.Select((process, i) => Starter(scenario, process, isFirst: i == 0)), Deeds(scenario)];
        long[]? results = null;
        var stage = scenario.IsInContainer ? agent.Container.Stage : agent.Host;
        var alerts = agent.AlertsOf(() => results = stage.Play(scripts)[^1], alert => Differences(scenario, alert).Count == 0);
        results!.ShouldAllBe(result => result >= 0);
        var wanted = alerts.Where(alert => alert.GetProperty("rule").GetString() == scenario.Rule).ToList();
        wanted.ShouldNotBeEmpty($"other alerts:\n{string.Join('\n', alerts)}\n{agent.Messages}");
        wanted.ShouldContain(alert => Differences(scenario, alert).Count == 0, $"differences: {string.Join("; ", wanted.SelectMany(alert => Differences(scenario, alert)))}");
    }

    /// <summary>What of an alert is not as a scenario says.</summary>
    static List<string> Differences(Scenario scenario, JsonElement alert)
    {
        var differences = new List<string>();
        Compare("rule", scenario.Rule, alert.GetProperty("rule").GetString());
        Compare("source", Text(scenario.Outcome, "source"), alert.GetProperty("source").GetString());
        Compare("priority", Text(scenario.Outcome, "priority"), alert.GetProperty("priority").GetString()!.ToLowerInvariant());
        var fields = alert.GetProperty("output_fields");
        foreach (var (name, value) in scenario.OutputFields.Append(new("proc.name", scenario.Processes.LastOrDefault() is { } process ? Text(process, "name") : Actor)))
        {
            Compare(name, (string?)value, fields.TryGetProperty(name, out var told) ? told.ToString() : "(not told)");
        }
        if (scenario.Steps.LastOrDefault() is { } step) Compare("evt.type", Text(step, "syscall"), fields.GetProperty("evt.type").GetString());
        return differences;

        void Compare(string name, string? wanted, string? told)
        {
            if (wanted != told) differences.Add($"{name}: '{told}' instead of '{wanted}'");
        }
    }

    /// <summary>What starts one of the scenario's processes.</summary>
    ActorScript Starter(Scenario scenario, Dictionary<string, object?> process, bool isFirst)
    {
        if (process.Keys.Except(["name", "exe", "args", "user"]).FirstOrDefault() is { } unknown) throw new InvalidDataException($"process: {unknown}");
        var name = Text(process, "name")!;
        var program = scenario.IsInContainer ? scenarios.Agent.Container.Program(name) : scenarios.Agent.Program(name);
        var script = new ActorScript { IsLast = !isFirst };
        script.Spawn(program, [Text(process, "exe") ?? name, .. (Text(process, "args") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)], () =>
        {
            if (scenario.Resources.Any(r => Text(r, "type") == "clientServer")) Addresses.OwnNetwork(script, "203.0.113.10");
            if (Text(process, "user") is { } user && user != "root") BecomeUser(script, user);
        });
        return script;
    }

    /// <summary>Another user with the capabilities that it has as root.</summary>
    static void BecomeUser(ActorScript script, string user)
    {
        const int KeepCapabilities = 8, Ambient = 47, Raise = 2; // PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE
        const uint Version = 0x20080522; // _LINUX_CAPABILITY_VERSION_3
        var fields = File.ReadLines("/etc/passwd").Select(line => line.Split(':')).Single(fields => fields[0] == user);
        var (uid, gid) = (int.Parse(fields[2]), int.Parse(fields[3]));
        script.Call("prctl", KeepCapabilities, 1);
        script.Call("setresgid", gid, gid, gid);
        script.Call("setresuid", uid, uid, uid);
        var set = BitConverter.GetBytes(ActorContainer.Capabilities);
        script.Call("capset", (byte[])[.. BitConverter.GetBytes(Version), 0, 0, 0, 0], (byte[])[.. set, .. set, .. set, .. new byte[12]]);
        for (var i = 0; i < 32; i++)
        {
            if ((ActorContainer.Capabilities >> i & 1) != 0) script.Call("prctl", Ambient, Raise, i, 0, 0);
        }
    }

    /// <summary>What the last of the processes does.</summary>
    static ActorScript Deeds(Scenario scenario)
    {
        var script = new ActorScript { IsLast = true };
        foreach (var resource in scenario.Resources.Where(r => Text(r, "type") == "clientServer"))
        {
            if (Text(resource, "l4Proto") != "tcp4") throw new InvalidDataException($"protocol {Text(resource, "l4Proto")}");
            var address = Addresses.Of(Text(resource, "address")!);
            var server = new ActorScript.ResultOf(script.Call("socket", 2, 1, 0));
            script.Call("bind", server, address, address.Length);
            script.Call("listen", server, 1);
            var client = new ActorScript.ResultOf(script.Call("socket", 2, 1, 0));
            script.Call("connect", client, address, address.Length);
        }
        foreach (var step in scenario.Steps)
        {
            if (Text(step, "type") != "syscall") throw new InvalidDataException($"step {Text(step, "type")}");
            var (call, given) = (Text(step, "syscall")!, Map(step, "args"));
            script.Call(call, Arguments(call, given));
        }
        return script;
    }

    static object[] Arguments(string call, Dictionary<string, object?> given)
    {
        var how = Map(given, "how");
        return call switch
        {
            "open" => [Path(), Number(given, "flags"), Number(given, "mode")],
            "openat" => [Number(given, "dirfd", -100), Path(), Number(given, "flags"), Number(given, "mode")],
            "openat2" => [Number(given, "dirfd", -100), Path(), (byte[])[.. Bytes("flags"), .. Bytes("mode"), .. Bytes("resolve")], 24],
            "symlink" => [Text(given, "target")!, Text(given, "linkPath")!],
            "symlinkat" => [Text(given, "target")!, Number(given, "newdirfd", -100), Text(given, "linkPath")!],
            "socket" => [Number(given, "domain"), Number(given, "type"), Number(given, "protocol")],
            _ => throw new InvalidDataException($"system call {call}"),
        };

        string Path() => Text(given, "pathname")!;
        byte[] Bytes(string name) => BitConverter.GetBytes(Number(how, name));
    }

    static long Number(Dictionary<string, object?> given, string name, long otherwise = 0) => Text(given, name) is { } text ? LinuxNames.Parse(text) : otherwise;
}
