using Skep.Bpf.Instructions;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>Tells whether a tracing program that needs no trampoline loads: the smallest program on the BTF-typed tracepoint sched_switch.</summary>
static class TypedTracepointProbe
{
    static readonly Lazy<bool> s_loads = new(Probe);

    public static bool Loads() => s_loads.Value;

    static bool Probe()
    {
        try
        {
            if (!Btf.Kernel.TryFind("btf_trace_sched_switch", BtfKind.Typedef, out var type)) return false;
            var fd = ProgramLoader.Load(
                new ProgramImage
                {
                    Name = "probe_tp_btf",
                    Type = ProgramType.Tracing,
                    AttachType = AttachType.TraceRawTp,
                    AttachBtfId = type.Id,
                    Instructions =
                    [
                        new((byte)InstructionClass.Alu64 | OpCode.Move, Register.R0, default),
                        new(OpCode.ExitInstruction, default, default),
                    ],
                },
                logLevel: 0, log: default, out _);
            if (fd < 0) return false;
            new FileDescriptor(fd).Dispose();
            return true;
        }
        catch (BpfException)
        {
            return false;
        }
    }
}
