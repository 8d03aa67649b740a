using System.Diagnostics;
using System.Text;
using Shouldly;
using Skep.Agent.KernelTests.Enforcement;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Skep.Engine.Runtime;
using Skep.Falco;
using Skep.Falco.Output;
using Skep.Testing;
using Xunit;

namespace Skep.Agent.KernelTests.Falco;

/// <summary>No alert is lost by what the kernel leaves out: each check, and its opposite, finds the same among all events as among those that its own filter lets through.</summary>
[Collection("this kernel")]
public class LoweringTests
{
    const string Opens = "evt.type in (open, openat, openat2, creat)";
    const string Sockets = "evt.type in (socket, connect, sendto, dup, dup3)";
    const string Changes = "evt.type in (symlinkat, linkat, unlinkat, fchmodat, mkdirat, setuid, ptrace)";

    const string OfOpens = """
        fd.num = -1
        fd.num >= 0
        fd.num < 0
        fd.num in (3, 5)
        fd.num != -2
        evt.res = SUCCESS
        evt.res = ENOENT
        evt.res startswith E
        evt.rawres < 0
        evt.failed = true
        evt.is_open_read = true
        evt.is_open_write = true
        evt.is_open_create = true
        fd.typechar = 'f'
        fd.typechar = 'd'
        fd.type in (file, directory)
        fd.type = memfd
        fd.name startswith DIRECTORY
        fd.name endswith ile
        fd.name contains /file
        fd.name icontains FILE
        fd.name = DIRECTORY/file
        fd.name != DIRECTORY/file
        fd.name glob DIRECTORY/f*
        fd.name pmatch (DIRECTORY, /dev)
        fd.directory = DIRECTORY
        fd.directory = DIRECTORY/
        fd.directory in (/, /dev)
        fd.filename = file
        fd.filename startswith mi
        fd.filename contains il
        fd.filename endswith sing
        fd.nameraw contains ..
        evt.arg.flags contains O_TRUNC
        evt.arg.flags contains O_RDWR
        evt.arg.flags contains O_RDONLY
        evt.arg.name startswith DIRECTORY
        proc.name = eg_stage
        proc.name startswith ren
        proc.pname = renamed
        proc.pname = eg_stage
        proc.pname != renamed
        proc.aname[2] = renamed
        proc.aname[7] != renamed
        proc.aname = renamed
        proc.exepath startswith DIRECTORY
        user.uid = 0
        user.uid != 0
        user.name = root
        group.gid >= 1
        container.id = host
        """;

    const string OfSockets = """
        fd.type in (ipv4, ipv6)
        fd.typechar = 4
        fd.typechar = 'u'
        fd.typechar = 'f'
        fd.num = 100
        fd.num = -1
        fd.num >= 0
        fd.name contains ->
        fd.name = /dev/null
        fd.name exists
        fd.l4proto = tcp
        fd.sip = 127.0.0.1
        fd.sport = PORT
        fd.connected = true
        fd.name_changed = true
        evt.arg.domain = AF_INET
        evt.arg.domain = AF_UNIX
        evt.arg.domain = AF_LOCAL
        evt.arg.domain contains AF_INET
        evt.arg.domain contains PACKET
        evt.rawres in (0, 100, 101)
        evt.res = ECONNREFUSED
        evt.res != SUCCESS
        """;

    const string OfChanges = """
        evt.arg.target = /etc/shadow
        evt.arg.target in (file, /etc/shadow)
        evt.arg.oldpath endswith file
        evt.arg.newpath startswith DIRECTORY
        evt.arg.name contains third
        evt.arg.path startswith DIRECTORY
        evt.arg.flags contains AT_REMOVEDIR
        evt.arg.mode contains S_IXUSR
        evt.arg.request = PTRACE_TRACEME
        evt.arg.request contains ATTACH
        evt.arg.uid = daemon
        evt.rawarg.uid = 0
        fs.path.name startswith DIRECTORY
        user.uid = 1
        fd.num >= 0
        fd.name exists
        """;

    [KernelTheory]
    [InlineData(Opens, OfOpens)]
    [InlineData(Sockets, OfSockets)]
    [InlineData(Changes, OfChanges)]
    public void Filter_in_the_kernel_loses_no_alert(string calls, string checks)
    {
        const int AtOnce = 9;
        using var folder = new TemporaryDirectory();
        var directory = folder.File("");
        var port = new Random().Next(20000, 30000);
        var lines = checks.Replace("DIRECTORY", directory, StringComparison.Ordinal).Replace("PORT", $"{port}", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var program = folder.File("eg_stage");
        File.Copy(ActorStage.Program, program);
        foreach (var some in lines.Chunk(AtOnce))
        {
            var rules = FalcoRules.Load([new FalcoSource("rules.yaml", string.Join('\n', some.SelectMany(check => (string[])[Rule(calls, check), Rule(calls, $"not {check}")])))]);
            rules.HasErrors.ShouldBeFalse(string.Join('\n', rules.Results.SelectMany(r => r.Errors).Select(e => e.Message)));
            using var both = new BothWays(rules.Rules, program);
            using (var stage = new ActorStage(new ProcessStartInfo(program)))
            {
                stage.Play(calls switch { Opens => Deeds.Opens(directory), Sockets => Deeds.Sockets(directory, port), _ => Deeds.Changes(directory) });
                if (calls == Opens) stage.Play(Deeds.OpensByOthers(directory));
            }
            both.Poll();
            both.Lost.ShouldBe(0);
            both.Unfiltered.ShouldNotBeEmpty();
            foreach (var rule in rules.Rules)
            {
                string[] all = [.. both.Unfiltered.Where(a => a.Rule == rule.Name).Select(a => a.Line)];
                string[] filtered = [.. both.Filtered.Where(a => a.Rule == rule.Name).Select(a => a.Line)];
                filtered.Order().ShouldBe(all.Order(), $"{rule.Name}, of {both.Unfiltered.Count}");
            }
            foreach (var file in Directory.GetFiles(directory).Where(f => f != program)) File.Delete(file);
        }
    }

    static string Rule(string calls, string condition) => $"""
        - rule: '{condition.Replace("'", "''", StringComparison.Ordinal)}'
          desc: a check
          condition: '{calls} and {condition.Replace("'", "''", StringComparison.Ordinal)}'
          output: type=%evt.type name=%fd.name result=%evt.res process=%proc.name parent=%proc.pname
          priority: INFO
        """;

    /// <summary>Looks at what each rule's own filter lets through, and at everything.</summary>
    sealed class BothWays : IEngineListener, IDisposable
    {
        readonly SkepEngine _engine;
        readonly Dictionary<HookRequest, FalcoDetector> _detectors = new(ReferenceEqualityComparer.Instance);
        readonly byte[] _program;

        public BothWays(IReadOnlyList<FalcoRule> rules, string program)
        {
            _program = Encoding.UTF8.GetBytes(program);
            var policies = new List<Policy>();
            foreach (var (rule, i) in rules.Select((rule, i) => (rule, i))) Add([rule], $"rule{i}", Filtered, policy => policy);
            Add(rules, "all", Unfiltered, policy => policy with { Hooks = [.. policy.Hooks.Select(hook => hook with { Rules = [new Rule { When = Condition.True }] })] });
            _engine = SkepEngine.Start(new EngineOptions(), this);
            var result = _engine.Apply(policies);
            result.Failures.Where(f => !f.IsIgnored).ShouldBeEmpty();

            void Add(IReadOnlyList<FalcoRule> some, string name, List<(string, string)> alerts, Func<Policy, Policy> change)
            {
                var policy = change(FalcoPlan.Create(some).Policy! with { Name = name });
                var detector = new FalcoDetector(some, new AlertOptions(), isJson: false, matchesAll: true, new BootClock(), (rule, line) => alerts.Add((rule.Name, Encoding.UTF8.GetString(line[18..]))));
                foreach (var hook in policy.Hooks) _detectors.Add(hook, detector);
                policies.Add(policy);
            }
        }

        public List<(string Rule, string Line)> Filtered { get; } = [];

        public List<(string Rule, string Line)> Unfiltered { get; } = [];

        public long Lost => _engine.Measure().Dropped;

        public void Poll()
        {
            for (var i = 0; i < 20; i++) _engine.Poll(TimeSpan.FromMilliseconds(5));
        }

        public void OnExec(ProcessInfo process, ulong time, uint tid, ReadOnlySpan<ProcessMatch> matches)
        {
        }

        public void OnExit(ProcessInfo process, ulong time, uint tid, uint status, ReadOnlySpan<ProcessMatch> matches)
        {
        }

        public void OnHook(in HookEvent hookEvent)
        {
            if (hookEvent.Process is { } process && process.Executable.Span.SequenceEqual(_program)) _detectors[hookEvent.Request].TryTake(hookEvent);
        }

        public void OnBatch()
        {
        }

        public void Dispose() => _engine.Dispose();
    }
}
