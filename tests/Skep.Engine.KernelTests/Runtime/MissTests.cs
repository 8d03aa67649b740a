using Shouldly;
using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;
using Skep.Engine.Compilation;
using Skep.Engine.Runtime;
using Skep.Testing;

namespace Skep.Engine.KernelTests.Runtime;

/// <summary>What the kernel does not run, and nobody but the kernel can count.</summary>
public class MissTests
{
    const string Section = "tp_btf/bpf_trace_printk";

    [KernelFact]
    public void Run_of_a_hooks_program_within_itself_is_counted_as_a_loss_of_its_own()
    {
        var options = new EngineOptions();
        using var state = KernelState.Open(options);
        // Behind the gate stands a program that runs into the gate's own tracepoint.
        using var behind = BpfObject.Load(Printing(Section));
        using var outside = BpfObject.Load(Printing("syscall"));
        var gate = state.GateAt(new PlannedGate("gate", "print", Section));
        try
        {
            gate.Set(1, behind.Programs["print"]);
            state.Activate(1, 0, options);
            for (var i = 0; i < 3; i++) outside.Programs["print"].TestRun();
            gate.Missed.ShouldBeGreaterThanOrEqualTo(3);
            var counted = state.Missed().ShouldHaveSingleItem();
            (counted.Hook, counted.Hits).ShouldBe((Section, 0));
            counted.Missed.ShouldBe(counted.Lost);
            ProgramCost.Of(state.Gates).ShouldHaveSingleItem().Missed.ShouldBeGreaterThanOrEqualTo(counted.Missed);

            // The count stays when the hook goes.
            gate.Clear(1);
            state.RemoveGatesWithout(1);
            state.Missed().ShouldHaveSingleItem().Missed.ShouldBeGreaterThanOrEqualTo(counted.Missed);
        }
        finally
        {
            state.Detach();
        }
    }

    static ObjectSpec Printing(string section)
    {
        var builder = new ObjectBuilder("printing") { License = "Dual BSD/GPL" };
        builder.AddProgram(section, "print", code =>
        {
            var text = code.Stack(8);
            code.Store(ScalarType.U64, text, 0, 's');
            code.Call(HelperFunction.TracePrintk, [text, 2]);
            code.Return(0);
        });
        return builder.Build();
    }
}
