using System.Text;
using Shouldly;
using Skep.Engine.Matching;
using Skep.Engine.Processes;
using Skep.Engine.Recording;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Skep.Engine.Tests.Recording;
using Skep.Engine.Trials;
using Skep.Tetragon.Tests.Export;
using Xunit;

namespace Skep.Engine.Tests.Trials;

public class PolicyTrialTests
{
    const ulong Second = 1_000_000_000;

    static readonly ProcessInfo s_parent = Process(10, "/usr/sbin/sshd", "sshd\0");
    static readonly ProcessInfo s_cat = Process(11, "/usr/bin/cat", "cat\0/etc/shadow\0", s_parent);

    static ProcessInfo Process(uint pid, string executable, string arguments, ProcessInfo? parent = null) => new()
    {
        Id = new ProcessId(pid, pid * Second), Executable = Encoding.UTF8.GetBytes(executable), Arguments = Encoding.UTF8.GetBytes(arguments), Parent = parent, ParentId = parent?.Id ?? default,
        Filename = Encoding.UTF8.GetBytes(executable), Comm = Encoding.UTF8.GetBytes(Path.GetFileName(executable)), WorkingDirectory = parent is null ? "/srv"u8.ToArray() : "/root"u8.ToArray(),
        Credentials = new Credentials(1000, 1000, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0),
    };

    static TextPredicate Equal(string text) => new([new TextPattern(TextOperator.Equal, Encoding.UTF8.GetBytes(text))]);

    static Policy Policy(HookTarget target, IReadOnlyList<ValueSpec> values, params Rule[] rules) => new() { Name = "tried", Hooks = [new HookRequest { Target = target, Values = values, Rules = rules }] };

    static TrialHook Try(Policy policy, Action<Recorder> record)
    {
        using var recording = new TemporaryRecording();
        using (var recorder = recording.Start()!) record(recorder);
        return PolicyTrial.Run([policy], recording.Directory.Segments(), RecordingRange.All, isLive: false).Hooks.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("executable", "/usr/bin/cat")]
    [InlineData("filename", "/usr/bin/cat")]
    [InlineData("arguments", "cat /etc/shadow")]
    [InlineData("cwd", "/root")]
    [InlineData("comm", "cat")]
    public void Execution_is_judged_by_each_of_its_texts(string value, string text)
    {
        var rule = new Rule { When = new ValueCondition(0, Equal(text)), Actions = [new SignalAction(9)] };
        var hook = Try(Policy(new ExecutionHook(), [ProcessValues.OfExecution[value]], rule), recorder =>
        {
            recorder.OnExec(s_cat, 20 * Second, 11, []);
            recorder.OnExec(s_parent, 21 * Second, 10, []);
        });
        (hook.Events, hook.Matched, hook.Killed, hook.Undecided).ShouldBe((2, 1, 1, 0));
        hook.Executables.Top(1)[0].ShouldBe(new("/usr/bin/cat", 1));
        hook.Users.Top(1)[0].ShouldBe(new("0", 1));
        hook.Examples.ShouldHaveSingleItem().ShouldSatisfyAllConditions(e => e.Process.ShouldBe(s_cat.Id), e => e.Node.ShouldBe("here"), e => e.Arguments.ShouldBe("/etc/shadow"));
    }

    [Fact]
    public void Execution_is_judged_by_ids_ancestors_and_capabilities()
    {
        var when = new All(
        [
            new ValueCondition(0, new NumberPredicate([new NumberRange(1000, 1000)])),
            new ExecutableCondition([new TextPattern(TextOperator.Suffix, "/sshd"u8.ToArray())], ProcessRelation.Ancestor),
            new CapabilityCondition(CapabilityKind.Effective, 1, InOtherUserNamespace: false),
        ]);
        var hook = Try(Policy(new ExecutionHook(), [ProcessValues.OfExecution["uid"]], new Rule { When = when }), recorder =>
        {
            recorder.OnExec(s_cat, 20 * Second, 11, []);
            recorder.OnExec(s_parent, 21 * Second, 10, []);
        });
        (hook.Matched, hook.Posted, hook.Killed, hook.Undecided).ShouldBe((1, 1, 0, 0));
    }

    [Fact]
    public void Exit_is_judged_by_code_and_signal()
    {
        var policy = Policy(new ExitHook(), [ProcessValues.OfExit["code"], ProcessValues.OfExit["signal"]],
            new Rule { When = new ValueCondition(0, new NumberPredicate([new NumberRange(3, 3)])), Actions = [new NoPostAction()] },
            new Rule { When = new ValueCondition(1, new NumberPredicate([new NumberRange(9, 9)])) });
        var hook = Try(policy, recorder =>
        {
            recorder.OnExit(s_cat, 20 * Second, 11, 3 << 8, []);
            recorder.OnExit(s_cat, 20 * Second, 11, 9, []);
            recorder.OnExit(s_cat, 20 * Second, 11, 0, []);
        });
        (hook.Events, hook.Matched, hook.Posted).ShouldBe((3, 2, 1));
    }

    [Fact]
    public void Event_is_judged_once_by_what_all_policies_had_recorded_of_it()
    {
        var policy = Policy(new SyscallHook("openat"),
            [new ValueSpec { Index = 1, Kind = ValueKind.Text, Label = "own name" }, new ValueSpec { Index = 0, Kind = ValueKind.Int32 }],
            new Rule { When = new All([new ValueCondition(0, Equal("/etc/shadow")), new ValueCondition(1, new NumberPredicate([new NumberRange(-100, -100)]))]), Actions = [new OverrideAction(-1)] });
        var hook = Try(policy, recorder => Open(recorder, "/etc/shadow", RecordedScene.SameOpens, RecordedScene.Opens));
        (hook.Events, hook.Matched, hook.Denied, hook.Undecided).ShouldBe((1, 1, 1, 0));
    }

    [Fact]
    public void What_was_not_recorded_leaves_it_undecided_and_is_named()
    {
        var policy = Policy(new SyscallHook("openat"), [new ValueSpec { Index = 2, Kind = ValueKind.Int32, Label = "flags" }], new Rule { When = new ValueCondition(0, new MaskPredicate([1])) });
        var hook = Try(policy, recorder => Open(recorder, "/etc/shadow", RecordedScene.Opens));
        (hook.Events, hook.Matched, hook.Undecided).ShouldBe((1, 0, 1));
        hook.Reasons.ShouldHaveSingleItem().Key.ShouldBe("'flags' (Int32) was not recorded with the event");
    }

    [Fact]
    public void Hook_that_was_not_observed_has_no_events_and_no_time()
    {
        var hook = Try(Policy(new SyscallHook("connect"), []), recorder => Open(recorder, "/etc/shadow", RecordedScene.Opens));
        (hook.Events, hook.Complete, hook.Partial).ShouldBe((0, TimeSpan.Zero, TimeSpan.Zero));
    }

    static void Open(Recorder recorder, string file, params HookRequest[] requests)
    {
        var bytes = new HookRecordBuilder { Pid = 11, Tid = 11, Start = s_cat.Id.Start, Time = 30 * Second }.Number(-100L).Text(file).Match(0).Build();
        HookRecord.TryRead(bytes, out var record);
        foreach (var request in requests)
        {
            recorder.OnHook(new HookEvent { Record = record, Request = request, PolicyName = "mon", Process = s_cat, Actions = MatchActions.Post, Places = request == RecordedScene.SameOpens ? [1] : [] });
        }
    }
}
