using Skep.Bpf.Instructions;

namespace Skep.Bpf.Bench;

/// <summary>A ring, and a program that writes one numbered record into it per run. Wake-ups are batched: forced while 256 KiB or more wait, otherwise none.</summary>
sealed class RingProducer : IDisposable
{
    const int WakeUpBytes = 256 * 1024;

    readonly BpfProgram _program;
    readonly BpfArray<Counters> _counters = BpfMap.CreateArray<Counters>(1, "counters");

    public RingProducer(uint ringBytes, int recordBytes, bool wakeUp)
    {
        Ring = BpfMap.Create(new MapSpec { Name = "ring", Type = MapType.RingBuffer, MaxEntries = ringBytes });
        var code = new Assembler("produce");
        var (submit, room) = (code.NewLabel(), code.NewLabel());
        code.Emit(new(OpCode.LoadImmediate64, Register.R6, (Register)OpCode.PseudoMapValue, 0, _counters.Map.Fd.Value)).Emit(default)
            .LoadMap(Register.R1, Ring).Move(Register.R2, recordBytes).Move(Register.R3, 0).Call(HelperFunction.RingbufReserve)
            .JumpIf(Register.R0, Instructions.Comparison.NotEqual, 0, room)
            .Load(AccessSize.Double, Register.R1, Register.R6, 8).Add(Register.R1, 1).Store(AccessSize.Double, Register.R6, 8, Register.R1)
            .Move(Register.R0, 0).Exit();
        code.Bind(room).Move(Register.R8, Register.R0)
            .Load(AccessSize.Double, Register.R1, Register.R6).Add(Register.R1, 1).Store(AccessSize.Double, Register.R6, 0, Register.R1)
            .Store(AccessSize.Double, Register.R8, 0, Register.R1)
            .Move(Register.R7, 1); // BPF_RB_NO_WAKEUP
        if (wakeUp)
        {
            code.LoadMap(Register.R1, Ring).Move(Register.R2, 0).Call(HelperFunction.RingbufQuery) // BPF_RB_AVAIL_DATA
                .JumpIf(Register.R0, Instructions.Comparison.Less, WakeUpBytes, submit)
                .Move(Register.R7, 2); // BPF_RB_FORCE_WAKEUP
        }
        code.Bind(submit).Move(Register.R1, Register.R8).Move(Register.R2, Register.R7).Call(HelperFunction.RingbufSubmit).Move(Register.R0, 0).Exit();
        _program = BpfProgram.Load(new ProgramImage { Name = "produce", Type = ProgramType.SocketFilter, Instructions = [.. code.Build().Instructions] });
    }

    public BpfMap Ring { get; }

    public Counters Total => _counters[0];

    /// <summary>Writes records, all of them in one system call.</summary>
    public void Run(uint records) => _program.TestRun(new TestRunOptions { Data = new byte[64], Repeat = records });

    public void Dispose()
    {
        _program.Dispose();
        _counters.Dispose();
        Ring.Dispose();
    }

    public readonly record struct Counters(long Sent, long Lost);
}
