using System.Net;
using Shouldly;
using Skep.Falco.Conditions;
using Skep.Falco.Evaluation;
using Xunit;

namespace Skep.Falco.Tests.Evaluation;

public class EvaluationTests
{
    static readonly string[] s_outcomes = ["true", "false"];

    public static IEnumerable<object[]> Lines => Vectors.Text("evaluation.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => new object[] { l });

    [Theory]
    [MemberData(nameof(Lines))]
    public void Conditions_hold_or_not_or_are_refused(string line)
    {
        var refused = line.IndexOf("  !", StringComparison.Ordinal);
        var expected = refused >= 0 ? line[(refused + 2)..] : line[(line.LastIndexOf(' ') + 1)..];

        var outcome = Outcome(line[..^expected.Length].Trim());

        if (refused < 0) outcome.ShouldBe(expected);
        else outcome.ShouldContain(expected[1..]);
    }

    [Fact]
    public void Evaluation_allocates_nothing()
    {
        string[] conditions = [.. Vectors.Text("evaluation.txt").Split('\n').Where(l => l.EndsWith(" true", StringComparison.Ordinal)).Select(l => l[..^4].Trim())];
        var scratch = new Scratch();
        var item = Sample();
        foreach (var condition in conditions)
        {
            // The test's own event makes a name for each read.
            if (condition.Contains('[', StringComparison.Ordinal) || condition.Contains(".arg.", StringComparison.Ordinal) || condition.Contains("rawarg", StringComparison.Ordinal) || condition.Contains("label.", StringComparison.Ordinal)) continue;
            var node = ConditionCompiler.Compile(ConditionParser.Parse(condition));
            for (var i = 0; i < 3; i++)
            {
                scratch.Reset();
                node.Holds(item, scratch);
            }
            var before = GC.GetAllocatedBytesForCurrentThread();
            scratch.Reset();
            node.Holds(item, scratch);
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0, condition);
        }
    }

    static string Outcome(string condition)
    {
        try
        {
            var node = ConditionCompiler.Compile(ConditionParser.Parse(condition));
            return s_outcomes[node.Holds(Sample(), new()) ? 0 : 1];
        }
        catch (ConditionException e)
        {
            return "!" + e.Message;
        }
    }

    static TestEvent Sample() => new("open")
    {
        ["syscall.type"] = "open",
        ["evt.num"] = 7,
        ["evt.rawtime"] = 1470327477881781397,
        ["evt.buffer"] = "\x7f" + "ELF\x01",
        ["evt.rawres"] = -2,
        ["evt.arg[flags]"] = "O_CREAT|O_TRUNC",
        ["evt.rawarg[mode]"] = 0x1ed,
        ["proc.name"] = "cat",
        ["proc.exe"] = "cat",
        ["proc.pname"] = "BASH",
        ["proc.sid.exe"] = "bash",
        ["proc.sname"] = "aGVsbG8",
        ["proc.cwd"] = "",
        ["proc.cmdline"] = "cat /etc/passwd --now",
        ["proc.pid"] = 100,
        ["proc.vmsize"] = -1,
        ["proc.is_exe_upper_layer"] = true,
        ["proc.is_exe_lower_layer"] = false,
        ["proc.aname"] = new object[] { "bash", "sshd", "init" },
        ["proc.aname[0]"] = "cat",
        ["proc.aname[1]"] = "bash",
        ["proc.apid"] = new object[] { 99, 1 },
        ["proc.env[PATH]"] = "/bin",
        ["thread.cpu"] = 50.5,
        ["container.label[app]"] = "web",
        ["fd.num"] = 3,
        ["fd.name"] = "/etc/nested/passwd",
        ["fd.types"] = new object[] { "file", "ipv4" },
        ["fd.sport"] = 443,
        ["fd.port"] = new object[] { 40000, 443 },
        ["fd.sip"] = IPAddress.Parse("10.1.2.3"),
        ["fd.snet"] = IPAddress.Parse("10.1.2.3"),
        ["fd.ip"] = new object[] { IPAddress.Parse("192.168.7.7"), IPAddress.Parse("10.1.2.3") },
        ["fd.net"] = new object[] { IPAddress.Parse("192.168.7.7"), IPAddress.Parse("10.1.2.3") },
        ["fd.rnet"] = IPAddress.Parse("fe80::1"),
    };
}
