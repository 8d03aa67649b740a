using Shouldly;
using Skep.Engine.Evaluation;
using Skep.Engine.Matching;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Skep.Tetragon.Tests.Export;
using Xunit;

namespace Skep.Engine.Tests.Evaluation;

public class ConditionEvaluatorTests
{
    static readonly NamespaceCondition s_host = new(NamespaceKind.Network, [7]);

    [Fact]
    public void Namespace_is_unknown_because_a_record_does_not_tell_of_setns()
    {
        Evaluate(s_host, Process()).ShouldBe(Truth.Unknown);
        Evaluate(new Not(s_host), Process()).ShouldBe(Truth.Unknown);
        Evaluate(new All([s_host, Condition.False]), Process()).ShouldBe(Truth.False);
        Evaluate(new Any([s_host, Condition.True]), Process()).ShouldBe(Truth.True);
    }

    [Fact]
    public void Namespace_is_that_of_the_execution_when_it_is_taken_to_be_unchanged() => Evaluate(s_host, Process(), assumesUnchanged: true).ShouldBe(Truth.True);

    [Fact]
    public void Parent_that_is_not_known_is_unknown_and_one_that_does_not_exist_is_none()
    {
        var parent = new ExecutableCondition([Equal("/bin/sh")], ProcessRelation.Parent);
        Evaluate(parent, Process(parentId: new ProcessId(1, 1))).ShouldBe(Truth.Unknown);
        Evaluate(parent, Process()).ShouldBe(Truth.False);
        Evaluate(parent, null).ShouldBe(Truth.Unknown);
    }

    [Fact]
    public void Kernel_thread_has_no_executable() => Evaluate(new ExecutableCondition([new TextPattern(TextOperator.Prefix, "["u8.ToArray())], ProcessRelation.Self), Process("[kthreadd]")).ShouldBe(Truth.False);

    [Fact]
    public void Value_that_was_not_captured_is_unknown() => Evaluate(new ValueCondition(1, new NumberPredicate([new NumberRange(0, 0)])), Process()).ShouldBe(Truth.Unknown);

    [Fact]
    public void Evaluation_allocates_nothing()
    {
        var values = RandomEvent.Values();
        var random = new Random(5);
        var patterns = Enumerable.Range(0, 100).Select(i => new TextPattern((TextOperator)(i % 3), RandomPatterns(random))).ToList();
        var condition = new Any([new RandomConditions(random, allowLeftOut: false).Next(4), new Not(new ValueCondition(RandomEvent.FirstText, new TextPredicate(patterns))), s_host]);
        var evaluator = ConditionEvaluator.Compile(condition, values);
        var happened = new RandomEvent(random);
        HookRecord.TryRead(happened.Record, out var record).ShouldBeTrue();
        evaluator.Evaluate(record, [], happened.Process);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) evaluator.Evaluate(record, [], happened.Process);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    static byte[] RandomPatterns(Random random) => Matching.RandomPatterns.Text(random, 8);

    static TextPattern Equal(string text) => new(TextOperator.Equal, System.Text.Encoding.UTF8.GetBytes(text));

    static ProcessInfo Process(string executable = "/bin/cat", ProcessId parentId = default) => new()
    {
        Id = new ProcessId(2, 2),
        ParentId = parentId,
        Executable = System.Text.Encoding.UTF8.GetBytes(executable),
        Namespaces = new NamespaceSet { Network = 7 },
    };

    static Truth Evaluate(Condition condition, ProcessInfo? process, bool assumesUnchanged = false)
    {
        var bytes = new HookRecordBuilder().Number(1L).Missing().Build();
        HookRecord.TryRead(bytes, out var record).ShouldBeTrue();
        ValueSpec[] values = [new() { Kind = ValueKind.Int32 }, new() { Kind = ValueKind.Int32, Index = 1 }];
        return ConditionEvaluator.Compile(condition, values, assumesUnchanged).Evaluate(record, [], process);
    }
}
