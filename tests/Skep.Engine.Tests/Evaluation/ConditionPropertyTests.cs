using Shouldly;
using Skep.Bpf.Interpreter;
using Skep.Engine.Evaluation;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Xunit;

namespace Skep.Engine.Tests.Evaluation;

/// <summary>What the generated code says of random conditions in the interpreter, against what user space says of them.</summary>
public class ConditionPropertyTests
{
    const int Programs = 60, ConditionsOfOne = 40, EventsOfOne = 10, Depth = 4;

    [Fact]
    public void Kernel_decides_as_user_space_does_when_every_pattern_has_a_matcher() => Compare(1, allowLeftOut: false);

    [Fact]
    public void Kernel_is_never_stricter_than_user_space_when_patterns_are_left_out() => Compare(2, allowLeftOut: true);

    static void Compare(int seed, bool allowLeftOut)
    {
        var random = new Random(seed);
        var values = RandomEvent.Values();
        var (holds, fails, unknown, approximated) = (0, 0, 0, 0);
        for (var p = 0; p < Programs; p++)
        {
            var generator = new RandomConditions(random, allowLeftOut);
            var conditions = Enumerable.Range(0, ConditionsOfOne).Select(_ => generator.Next(Depth)).ToList();
            var evaluators = conditions.Select(c => ConditionEvaluator.Compile(c, values, assumesUnchanged: true)).ToList();
            var program = new ConditionProgram(values, conditions);
            var machine = new Machine(new MachineOptions { InstructionBudget = 10_000_000 });
            var loaded = machine.Load(program.Spec, ConditionProgram.Name);
            Span<byte> ValueOf(string map) => ((VirtualArray)machine.Maps[map]).ValueAt(0);
            for (var e = 0; e < EventsOfOne; e++)
            {
                var happened = new RandomEvent(random);
                program.Place(ValueOf(ConditionProgram.Slots), ValueOf(ConditionProgram.Processes), ValueOf(ConditionProgram.Facts), happened);
                machine.Run(loaded);
                HookRecord.TryRead(happened.Record, out var record).ShouldBeTrue();
                for (var i = 0; i < conditions.Count; i++)
                {
                    var inKernel = BitConverter.ToUInt64(ValueOf(ConditionProgram.Results)[(i * 8)..]) != 0;
                    var truth = evaluators[i].Evaluate(record, [], happened.Process);
                    var isBound = program.IsBound(conditions[i]);
                    var agrees = truth switch { Truth.True => inKernel, Truth.False => !inKernel || isBound, _ => true };
                    agrees.ShouldBeTrue($"program {p}, event {e}: the kernel says {inKernel}, user space {truth}: {ConditionPrinter.Print(conditions[i])}");
                    if (truth == Truth.Unknown) unknown++;
                    else if (truth == Truth.True) holds++;
                    else if (inKernel) approximated++;
                    else fails++;
                }
            }
        }
        holds.ShouldBeGreaterThan(2000);
        fails.ShouldBeGreaterThan(2000);
        unknown.ShouldBeGreaterThan(500);
        if (allowLeftOut) approximated.ShouldBeGreaterThan(200);
        else approximated.ShouldBe(0);
    }
}
