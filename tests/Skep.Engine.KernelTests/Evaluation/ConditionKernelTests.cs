using Shouldly;
using Skep.Bpf;
using Skep.Engine.Evaluation;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Skep.Engine.Tests.Evaluation;
using Skep.Testing;

namespace Skep.Engine.KernelTests.Evaluation;

/// <summary>What the generated code says of random conditions in the kernel, against what user space says of them.</summary>
public class ConditionKernelTests
{
    const int Programs = 20, ConditionsOfOne = 16, EventsOfOne = 20, Depth = 4;

    [KernelFact]
    public void Kernel_is_never_stricter_than_user_space_and_decides_alike_what_has_matchers()
    {
        var random = new Random(4);
        var values = RandomEvent.Values();
        var generator = new RandomConditions(random, allowLeftOut: true);
        var zero = BitConverter.GetBytes(0);
        var (decided, bounds) = (0, 0);
        for (var p = 0; p < Programs; p++)
        {
            var conditions = Enumerable.Range(0, ConditionsOfOne).Select(_ => generator.Next(Depth)).ToList();
            var evaluators = conditions.Select(c => ConditionEvaluator.Compile(c, values, assumesUnchanged: true)).ToList();
            var program = new ConditionProgram(values, conditions);
            using var loaded = BpfObject.Load(program.Spec);
            var (slot, process, facts, results) = (new byte[program.SlotSize], new byte[program.ProcessSize], new byte[RandomEvent.FactCount * 8], new byte[ConditionsOfOne * 8]);
            for (var e = 0; e < EventsOfOne; e++)
            {
                var happened = new RandomEvent(random);
                program.Place(slot, process, facts, happened);
                loaded.Maps[ConditionProgram.Slots].Update(zero, slot);
                loaded.Maps[ConditionProgram.Processes].Update(zero, process);
                loaded.Maps[ConditionProgram.Facts].Update(zero, facts);
                loaded.Programs[ConditionProgram.Name].TestRun(new byte[64]);
                loaded.Maps[ConditionProgram.Results].TryLookup(zero, results).ShouldBeTrue();
                HookRecord.TryRead(happened.Record, out var record).ShouldBeTrue();
                for (var i = 0; i < conditions.Count; i++)
                {
                    var inKernel = BitConverter.ToUInt64(results, i * 8) != 0;
                    var truth = evaluators[i].Evaluate(record, [], happened.Process);
                    var isBound = program.IsBound(conditions[i]);
                    var agrees = truth switch { Truth.True => inKernel, Truth.False => !inKernel || isBound, _ => true };
                    agrees.ShouldBeTrue($"program {p}, event {e}: the kernel says {inKernel}, user space {truth}: {ConditionPrinter.Print(conditions[i])}");
                    if (truth != Truth.Unknown && !isBound) decided++;
                    else if (isBound) bounds++;
                }
            }
        }
        decided.ShouldBeGreaterThan(1000);
        bounds.ShouldBeGreaterThan(500);
    }
}
