using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Shouldly;
using Skep.Testing;
using Xunit;
using ResultOf = Skep.Agent.KernelTests.Falco.ActorScript.ResultOf;

namespace Skep.Agent.KernelTests.Falco;

/// <summary>Rules of our own for each kind of event.</summary>
[Collection("this kernel")]
public partial class RuleTests(RuleAgent rules) : IClassFixture<RuleAgent>
{
    const int Here = -100;

    Dictionary<string, (Action<ActorScript> Act, (string Field, string Value)[] Expected)> Deeds => new()
    {
        ["opened for writing"] = (s =>
            {
                s.Call("chdir", rules.Folder);
                s.Call("openat", Here, "./plan.txt", 0x42, 0x180);
            }, [("fd.name", $"{rules.Folder}/plan.txt"), ("fd.directory", rules.Folder), ("fd.filename", "plan.txt"), ("evt.res", "SUCCESS"), ("user.name", "root")]),
        ["opened as asked"] = (s =>
            {
                s.Call("openat", Here, $"{rules.Folder}/asked.txt", 0x41, 0x180);
                s.Call("openat2", Here, $"{rules.Folder}/asked.txt", (byte[])[.. BitConverter.GetBytes(0x201L), .. new byte[16]], 24);
            }, [("fd.name", $"{rules.Folder}/asked.txt"), ("evt.arg.flags", "O_TRUNC|O_WRONLY")]),
        ["not opened"] = (s => s.Call("openat", Here, $"{rules.Folder}/none/at/all", 0, 0), [("fd.name", $"{rules.Folder}/none/at/all"), ("fd.num", "-1"), ("evt.res", "ENOENT")]),
        ["connected"] = (s =>
            {
                Listen(s);
                s.Call("connect", new ResultOf(s.Call("socket", 2, 1, 0)), s_address, s_address.Length);
            }, [("fd.cip", "127.0.0.1"), ("fd.sip", "127.0.0.1"), ("fd.sport", $"{RuleAgent.Port}")]),
        ["refused"] = (s =>
            {
                byte[] nobody = Addresses.Of("127.0.0.1:1");
                s.Call("connect", new ResultOf(s.Call("socket", 2, 1, 0)), nobody, nobody.Length);
            }, [("evt.res", "ECONNREFUSED"), ("fd.sport", "1")]),
        ["sent"] = (s => s.Call("sendto", new ResultOf(s.Call("socket", 2, 2, 0)), "x", 1, 0, s_address, s_address.Length), [("fd.sip", "127.0.0.1"), ("fd.sport", $"{RuleAgent.Port}")]),
        ["traced"] = (s => s.Call("ptrace", 0, 0, 0, 0), [("evt.res", "SUCCESS")]),
        ["symbolic link"] = (s => s.Call("symlinkat", "/etc/shadow", Here, $"{rules.Folder}/shadow"), [("evt.type", "symlinkat")]),
        ["link"] = (s =>
            {
                s.Call("openat", Here, $"{rules.Folder}/linked", 0x41, 0x180);
                s.Call("linkat", Here, $"{rules.Folder}/linked", Here, $"{rules.Folder}/second", 0);
            }, [("evt.type", "linkat")]),
        ["duplicated"] = (s =>
            {
                var client = new ResultOf(s.Call("socket", 2, 2, 0));
                s.Call("dup3", client, 100, 0);
            }, [("fd.num", "100"), ("evt.type", "dup3")]),
        ["socket"] = (s => s.Call("socket", 10, 1, 0), [("evt.type", "socket")]),
        ["made executable"] = (s =>
            {
                s.Call("openat", Here, $"{rules.Folder}/program", 0x41, 0x180);
                s.Call("fchmodat", Here, $"{rules.Folder}/program", 0x1c0);
            }, [("evt.type", "fchmodat")]),
        ["removed"] = (s => s.Call("unlinkat", Here, "/gone.txt", 0), [("evt.res", "ENOENT")]),
        ["another user"] = (s => s.Call("setuid", 1), [("user.name", "daemon")]),
        ["executed"] = (s => s.Spawn(rules.Agent.Program("eg_other"), ["eg_zero", "--secret"], () => s.Call("close", 0)), [("proc.name", "eg_other"), ("proc.pname", "eg_deed"), ("proc.exepath", rules.Agent.Program("eg_other"))]),
        ["executed from memory"] = (s =>
            {
                var program = File.ReadAllBytes(ActorStage.Program);
                var memory = new ResultOf(s.Call("memfd_create", "eg_hidden", 0));
                s.Call("write", memory, program, program.Length);
                var child = s.Call("clone", 17);
                // There is nothing for it to read.
                s.Where(child, isZero: true, () => s.Call("close", 0));
                s.Where(child, isZero: true, () => s.Call("execveat", memory, "", (string[])["eg_zero"], Array.Empty<string>(), 0x1000));
                s.Where(child, isZero: false, () => s.Call("wait4", new ResultOf(child)));
            }, [("proc.exepath", "memfd:eg_hidden")]),
    };

    static readonly byte[] s_address = Addresses.Of($"127.0.0.1:{RuleAgent.Port}");

    [KernelTheory]
    [InlineData("opened for writing")]
    [InlineData("opened as asked")]
    [InlineData("not opened")]
    [InlineData("connected")]
    [InlineData("refused")]
    [InlineData("sent")]
    [InlineData("traced")]
    [InlineData("symbolic link")]
    [InlineData("link")]
    [InlineData("duplicated")]
    [InlineData("socket")]
    [InlineData("made executable")]
    [InlineData("removed")]
    [InlineData("another user")]
    [InlineData("executed from memory")]
    public void Event_raises_the_alert_of_its_rule_alone(string rule)
    {
        var (act, expected) = Deeds[rule];
        var alert = AlertsOf(rule, act).ShouldHaveSingleItem();
        alert.GetProperty("rule").GetString().ShouldBe(rule);
        foreach (var (field, value) in expected) alert.GetProperty("output_fields").GetProperty(field).ToString().ShouldBe(value, field);
    }

    [KernelFact]
    public void Any_ancestor_counts_and_the_process_itself_does_not()
    {
        var (act, expected) = Deeds["executed"];
        AlertsOf("executed", act).ShouldBeEmpty("an ancestor is eg_deed");
        var alert = AlertsOf("executed", act, "eg_more").ShouldHaveSingleItem();
        foreach (var (field, value) in expected.Where(e => e.Field != "proc.pname")) alert.GetProperty("output_fields").GetProperty(field).ToString().ShouldBe(value, field);
        alert.GetProperty("output_fields").GetProperty("proc.pname").ToString().ShouldBe("eg_more");
    }

    [KernelFact]
    public void Alert_has_Falcos_keys_in_order_and_its_time_in_nanoseconds()
    {
        var before = DateTime.UtcNow;
        var alert = AlertsOf("removed", Deeds["removed"].Act).ShouldHaveSingleItem();
        alert.EnumerateObject().Select(p => p.Name).ShouldBe(["hostname", "output", "output_fields", "priority", "rule", "source", "tags", "time"]);
        alert.GetProperty("priority").GetString().ShouldBe("Notice");
        alert.GetProperty("source").GetString().ShouldBe("syscall");
        alert.GetProperty("tags").EnumerateArray().Select(t => t.GetString()).ShouldBe(["own", "removed"]);
        var fields = alert.GetProperty("output_fields");
        var nanoseconds = fields.GetProperty("evt.time").GetInt64();
        var time = DateTime.UnixEpoch.AddTicks(nanoseconds / 100);
        time.ShouldBeInRange(before.AddSeconds(-5), DateTime.UtcNow.AddSeconds(5));
        alert.GetProperty("time").GetString().ShouldBe(string.Create(CultureInfo.InvariantCulture, $"{time:yyyy-MM-ddTHH:mm:ss}.{nanoseconds % 1_000_000_000:d9}Z"));
        fields.GetProperty("fd.name").ValueKind.ShouldBe(JsonValueKind.Null);
        fields.GetProperty("container.id").GetString().ShouldBe("host");
        alert.GetProperty("output").GetString()!.ShouldContain(": Notice unlinkat ENOENT (process=eg_deed parent=eg_top user=root file=<NA> ");
    }

    [KernelTheory]
    [InlineData("first", "one")]
    [InlineData("all", "one,two")]
    public void Rules_that_match_raise_the_first_alert_or_all(string matching, string expected)
    {
        using var folder = new Enforcement.TemporaryDirectory();
        var file = folder.File("rules.yaml");
        File.WriteAllText(file, string.Join('\n', ((string[])["one", "two"]).Select(Simple)));
        using var agent = new AlertedAgent([file], "--rule-matching", matching);
        agent.AlertsOf(() => agent.Host.Call("mkdirat", Here, "/eg_rules/none", 0)).Select(a => a.GetProperty("rule").GetString()).ShouldBe(expected.Split(','));
    }

    [KernelFact]
    public void Alert_is_a_line_of_text_for_people()
    {
        using var folder = new Enforcement.TemporaryDirectory();
        var (file, program) = (folder.File("rules.yaml"), folder.File("eg_stage"));
        File.WriteAllText(file, Simple("one"));
        File.Copy(ActorStage.Program, program);
        using var agent = Process.Start(SkepProgram.With("run", "-r", file, "--pin-directory", "none", "--server-address", "none", "--state-directory", "none", "--policy-directory", "none", "--config", "none"))!;
        var messages = agent.StandardError;
        while (messages.ReadLine() is { } message && message != "skep: ready") { }
        using (var stage = new ActorStage(new ProcessStartInfo(program))) stage.Call("mkdirat", Here, "/eg_rules/none\nmore", 0);
        var line = agent.StandardOutput.ReadLine();
        agent.Kill();
        agent.WaitForExit();
        AlertLine().IsMatch(line!).ShouldBeTrue(line);
    }

    static string Simple(string name) => $"""
        - rule: {name}
          desc: makes a directory
          condition: evt.type = mkdirat and evt.arg.path startswith /eg_rules
          output: A directory (path=%evt.arg.path result=%evt.res)
          priority: WARNING
        """;

    static void Listen(ActorScript script)
    {
        const int Reuse = 2; // SO_REUSEADDR
        var server = new ResultOf(script.Call("socket", 2, 1, 0));
        script.Call("setsockopt", server, 1, Reuse, BitConverter.GetBytes(1), 4);
        script.Call("bind", server, s_address, s_address.Length);
        script.Call("listen", server, 4);
    }

    /// <summary>The alerts of what is done by a process under a name, the child of another one.</summary>
    List<JsonElement> AlertsOf(string rule, Action<ActorScript> act, string name = "eg_deed")
    {
        var agent = rules.Agent;
        var (first, top, deed) = (new ActorScript(), new ActorScript { IsLast = true }, new ActorScript { IsLast = true });
        first.Spawn(agent.Program("eg_top"), ["eg_top"]);
        top.Spawn(agent.Program(name), [name]);
        act(deed);
        return agent.AlertsOf(() => agent.Host.Play(first, top, deed), alert => alert.GetProperty("rule").GetString() == rule);
    }

    [GeneratedRegex(@"^\d\d:\d\d:\d\d\.\d{9}: Warning A directory \(path=/eg_rules/none\\nmore result=ENOENT\) container_id=host container_name=host container_image_repository=<NA> ")]
    private static partial Regex AlertLine();
}
