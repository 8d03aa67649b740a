using System.Text;
using Shouldly;
using Skep.Bpf;
using Skep.Engine.Compilation;
using Skep.Engine.Hooks;
using Skep.Engine.Matching;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Skep.Engine.Runtime;
using Skep.Testing;

namespace Skep.Engine.KernelTests.Runtime;

/// <summary>Rules whose expressions no automaton can decide: the kernel lets through, user space drops.</summary>
public class ResidualTests
{
    const string Folder = "/tmp/no-such-folder-of-residual-tests/";

    [KernelFact]
    public void Event_is_handed_on_only_when_user_space_agrees()
    {
        using var scene = new Scene(new Rule { When = new All([Path(TextOperator.Prefix, Folder), Path(TextOperator.Regex, "\\bsecret\\b")]) });
        Open("the-secret-file");
        Open("the-secretary");
        scene.Taken().ShouldBe([("the-secret-file", 0)]);
        scene.Dropped.ShouldBe(1);
    }

    [KernelFact]
    public void Negated_expression_lets_through_what_it_may_not_match()
    {
        using var scene = new Scene(new Rule { When = new All([Path(TextOperator.Prefix, Folder), new Not(Path(TextOperator.Regex, "\\bsecret\\b"))]) });
        Open("the-secret-file");
        Open("the-secretary");
        scene.Taken().ShouldBe([("the-secretary", 0)]);
    }

    [KernelFact]
    public void Rule_behind_one_of_user_space_is_taken_when_that_one_is_dropped()
    {
        using var scene = new Scene(
            new Rule { When = new All([Path(TextOperator.Prefix, Folder), Path(TextOperator.Regex, "(?m)a$")]) },
            new Rule { When = Path(TextOperator.Prefix, Folder) });
        Open("a");
        Open("b");
        scene.Taken().ShouldBe([("a", 0), ("b", 1)]);
    }

    [KernelFact]
    public void Rule_of_user_space_that_posts_nothing_silences_those_behind_it()
    {
        using var scene = new Scene(
            new Rule { When = new All([Path(TextOperator.Prefix, Folder), Path(TextOperator.Regex, "\\bquiet\\b")]), Actions = [new NoPostAction()] },
            new Rule { When = Path(TextOperator.Prefix, Folder) });
        Open("quiet");
        Open("quietly");
        scene.Taken().ShouldBe([("quietly", 1)]);
    }

    [KernelFact]
    public void Policy_that_enforces_by_what_user_space_decides_is_refused()
    {
        var policy = Policy([new Rule { When = Path(TextOperator.Regex, "\\bsecret\\b"), Actions = [new SignalAction(9)] }]);
        var plan = GenerationPlan.Create([policy], new HookResolver(Btf.Kernel), bestEffort: true);
        plan.Policies.ShouldBeEmpty();
        plan.Failures.ShouldHaveSingleItem().Reason.ShouldContain("the signal of rule 0");
    }

    static void Open(string name) => Should.Throw<DirectoryNotFoundException>(() => File.OpenRead(Folder + name));

    static Policy Policy(Rule[] rules) =>
        new() { Name = "p", Hooks = [new HookRequest { Target = new SyscallHook("openat"), Values = [new ValueSpec { Index = 1, Kind = ValueKind.Text }], Rules = rules }] };

    static ValueCondition Path(TextOperator comparison, string text) => new(0, new TextPredicate([new TextPattern(comparison, Encoding.UTF8.GetBytes(text))]));

    sealed class Scene : IEngineListener, IDisposable
    {
        readonly KernelState _state;
        readonly Generation _generation;
        readonly RingBufferReader _reader = new();
        readonly List<(string Name, int Rule)> _taken = [];

        public Scene(params Rule[] rules)
        {
            var plan = GenerationPlan.Create([Policy(rules)], new HookResolver(Btf.Kernel), bestEffort: false);
            plan.Failures.ShouldBeEmpty();
            var options = new EngineOptions();
            _state = KernelState.Open(options);
            _generation = Generation.Load(1, plan, Btf.Kernel, options, _state);
            _generation.Attach();
            _generation.Enter();
            _state.Activate(1, 0, options);
            _reader.Add(_generation.Maps["events"], bytes =>
            {
                if (!HookRecord.TryRead(bytes, out var record) || record.Process.Pid != Environment.ProcessId) return;
                _generation.Dispatchers[record.Hook - 1].Dispatch(record, new ProcessInfo { Id = record.Process, Executable = default }, null, null, this);
            });
        }

        public long Dropped => _generation.Dispatchers.Sum(d => d.Dropped);

        public List<(string Name, int Rule)> Taken()
        {
            _reader.Poll(TimeSpan.FromMilliseconds(50));
            _reader.Consume();
            return _taken;
        }

        public void OnExec(ProcessInfo process, ulong time, uint tid, ReadOnlySpan<ProcessMatch> matches)
        {
        }

        public void OnExit(ProcessInfo process, ulong time, uint tid, uint status, ReadOnlySpan<ProcessMatch> matches)
        {
        }

        public void OnHook(in HookEvent hookEvent)
        {
            if (hookEvent.Record.TryGetBytes(hookEvent.PlaceOf(0), out var path)) _taken.Add((Encoding.UTF8.GetString(path)[Folder.Length..], hookEvent.Rule));
        }

        public void OnBatch()
        {
        }

        public void Dispose()
        {
            _reader.Dispose();
            _state.Detach();
            _generation.Dispose();
            _state.Dispose();
        }
    }
}
