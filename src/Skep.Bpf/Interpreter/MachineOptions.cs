namespace Skep.Bpf.Interpreter;

/// <summary>Limits and surroundings of a <see cref="Machine"/>.</summary>
public sealed class MachineOptions
{
    /// <summary>Instructions that one run may execute, callbacks and tail calls included.</summary>
    public long InstructionBudget { get; init; } = 10_000_000;

    /// <summary>Nested frames (include/linux/bpf_verifier.h: <c>MAX_CALL_FRAMES</c>).</summary>
    public int MaxCallDepth { get; init; } = 8;

    /// <summary>Tail calls of one run (include/linux/bpf.h: <c>MAX_TAIL_CALL_CNT</c>).</summary>
    public int MaxTailCalls { get; init; } = 33;

    /// <summary>Passes after which <c>may_goto</c> jumps.</summary>
    public int MayGotoPasses { get; init; } = 8 * 1024 * 1024;

    /// <summary>Number of CPUs that per-CPU maps have values for.</summary>
    public int Cpus { get; init; } = 1;

    /// <summary>Seed of <c>bpf_get_prandom_u32</c>.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Receives every executed instruction with the registers that it changed; null for none.</summary>
    public TextWriter? Trace { get; init; }
}
