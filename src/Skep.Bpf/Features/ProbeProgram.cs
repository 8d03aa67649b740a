using System.Runtime.InteropServices;
using System.Text;
using Skep.Bpf.Instructions;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>The smallest program of each type, and what it takes to load it.</summary>
static class ProbeProgram
{
    public const int MoveImmediate = (byte)InstructionClass.Alu64 | OpCode.Move;

    /// <summary>A kernel function that exists only to be traced (net/bpf/test_run.c), so that probing disturbs nothing.</summary>
    public const string TracedFunction = "bpf_fentry_test1";

    /// <summary>A function whose return value may be changed without error injection being built in (kernel/bpf/verifier.c: check_attach_modify_return), and that is rarely called.</summary>
    public const string ModifiedFunction = "security_sb_remount";

    /// <summary>A tracepoint that is cheap to attach to and rarely hit.</summary>
    public const string TracepointGroup = "sched", TracepointName = "sched_process_wait";

    const string LsmFunction = "bpf_lsm_sb_remount";
    const string StructOpsType = "tcp_congestion_ops", StructOpsMember = "ssthresh";
    const int LogSize = 1 << 16;

    public static readonly Instruction Exit = new(OpCode.ExitInstruction, default, default);

    public static Instruction[] Return(int value) => [new(MoveImmediate, Register.R0, default, immediate: value), Exit];

    public static Instruction Call(HelperFunction helper) => new(OpCode.CallInstruction, default, default, immediate: (int)helper);

    /// <summary>A program of a type with given code, attach type and target filled in; null with a reason when the kernel's BTF lacks the target.</summary>
    public static ProgramImage? Image(ProgramType type, Instruction[] code, out string reason, AttachType? attach = null, ProgramFlags flags = 0)
    {
        reason = "";
        var attachType = attach ?? DefaultAttachType(type);
        uint target = 0;
        if (type is ProgramType.Tracing or ProgramType.Lsm or ProgramType.StructOps)
        {
            target = FindTarget(type, ref attachType, out reason);
            if (target == 0) return null;
        }
        return new ProgramImage
        {
            Name = "skep_probe",
            Type = type,
            Instructions = code,
            AttachType = attachType,
            AttachBtfId = target,
            KernelVersion = type == ProgramType.Kprobe ? KernelVersionCode.Running : 0,
            Flags = flags | (type == ProgramType.Syscall ? ProgramFlags.Sleepable : 0),
        };
    }

    /// <summary>A valid program of a type that does nothing.</summary>
    public static ProgramImage? Image(ProgramType type, out string reason, AttachType? attach = null) =>
        Image(type, Return(ValidReturn(type, attach ?? DefaultAttachType(type))), out reason, attach);

    /// <summary>Loads an image, asking for the log only after a failure. Returns the descriptor or null.</summary>
    public static FileDescriptor? TryLoad(ProgramImage image, out ProbeOutcome outcome)
    {
        var fd = ProgramLoader.Load(image, logLevel: 0, log: default, out _);
        if (fd == -Errno.EAGAIN) fd = ProgramLoader.Load(image, logLevel: 0, log: default, out _);
        if (fd >= 0)
        {
            outcome = default;
            return new FileDescriptor(fd);
        }
        var log = new byte[LogSize];
        var again = ProgramLoader.Load(image, logLevel: 1, log, out var length);
        if (again >= 0) Libc.Check(Libc.Close(again), "close");
        outcome = new ProbeOutcome(-fd, Encoding.UTF8.GetString(log, 0, length));
        return null;
    }

    public static ProbeOutcome Load(ProgramImage image)
    {
        TryLoad(image, out var outcome)?.Dispose();
        return outcome;
    }

    /// <summary>A program with a global function <c>sub</c> that an extension may replace; the caller closes the BTF.</summary>
    public static ProgramImage ReplaceableTarget(int btfFd) => new()
    {
        Name = "skep_target",
        Type = ProgramType.SocketFilter,
        Instructions =
        [
            new(MoveImmediate, Register.R1, default, immediate: 1),
            new(OpCode.CallInstruction, default, (Register)OpCode.PseudoCall, immediate: 1),
            Exit,
            new(MoveImmediate | OpCode.SourceRegister, Register.R0, Register.R1),
            Exit,
        ],
        BtfFd = btfFd,
        FuncInfo = FuncInfo(0, ProbeBtf.MainFunction, 3, ProbeBtf.SubFunction),
    };

    /// <summary>An extension that replaces <c>sub</c> of <paramref name="target"/>.</summary>
    public static ProgramImage Extension(int btfFd, int target) => new()
    {
        Name = "skep_extension",
        Type = ProgramType.Extension,
        Instructions = Return(0),
        AttachFd = target,
        AttachBtfId = ProbeBtf.SubFunction,
        BtfFd = btfFd,
        FuncInfo = FuncInfo(0, ProbeBtf.SubFunction),
    };

    /// <summary>Id of a type in the kernel's BTF; 0 when it or the BTF is not there.</summary>
    public static uint KernelType(string name, BtfKind kind)
    {
        try
        {
            return Btf.Kernel.TryFind(name, kind, out var type) ? type.Id : 0;
        }
        catch (BpfException)
        {
            return 0;
        }
    }

    public static AttachType DefaultAttachType(ProgramType type) => type switch
    {
        ProgramType.CgroupSock => AttachType.CgroupInetSockCreate,
        ProgramType.CgroupSkb => AttachType.CgroupInetIngress,
        ProgramType.CgroupSockAddr => AttachType.CgroupInet4Connect,
        ProgramType.CgroupSockopt => AttachType.CgroupSetsockopt,
        ProgramType.CgroupDevice => AttachType.CgroupDevice,
        ProgramType.CgroupSysctl => AttachType.CgroupSysctl,
        ProgramType.SockOps => AttachType.CgroupSockOps,
        ProgramType.SkReuseport => AttachType.SkReuseportSelect,
        ProgramType.FlowDissector => AttachType.FlowDissector,
        ProgramType.LircMode2 => AttachType.LircMode2,
        ProgramType.SkLookup => AttachType.SkLookup,
        ProgramType.SkMsg => AttachType.SkMsgVerdict,
        ProgramType.Netfilter => AttachType.Netfilter,
        ProgramType.Tracing => AttachType.TraceRawTp,
        ProgramType.Lsm => AttachType.LsmMac,
        _ => default,
    };

    static int ValidReturn(ProgramType type, AttachType attach) => (type, attach) switch
    {
        (ProgramType.SkLookup or ProgramType.Netfilter or ProgramType.CgroupSockAddr or ProgramType.CgroupSkb or ProgramType.CgroupSock, _) => 1,
        (ProgramType.CgroupDevice or ProgramType.CgroupSysctl or ProgramType.CgroupSockopt, _) => 1,
        (ProgramType.Lsm, AttachType.LsmCgroup) => 1,
        (ProgramType.SchedCls, _) => -1, // TC_ACT_UNSPEC: the next program or the default decides
        (ProgramType.Xdp, _) => 2, // XDP_PASS
        _ => 0,
    };

    static uint FindTarget(ProgramType type, ref AttachType attach, out string reason)
    {
        var (name, kind) = (type, attach) switch
        {
            (ProgramType.Lsm, _) => (LsmFunction, BtfKind.Function),
            (ProgramType.StructOps, _) => (StructOpsType, BtfKind.Struct),
            (_, AttachType.ModifyReturn) => (ModifiedFunction, BtfKind.Function),
            (_, AttachType.TraceFentry or AttachType.TraceFexit) => (TracedFunction, BtfKind.Function),
            (_, AttachType.TraceIter) => ("bpf_iter_task", BtfKind.Function),
            _ => ("btf_trace_" + TracepointName, BtfKind.Typedef),
        };
        var id = KernelType(name, kind);
        reason = id == 0 ? $"the kernel's BTF has no {name}" : "";
        if (id != 0 && type == ProgramType.StructOps)
        {
            // A struct_ops program's attach type is the index of the member that it implements (kernel/bpf/verifier.c: check_struct_ops_btf_id).
            var ops = Btf.Kernel[id];
            for (var i = 0; i < ops.Count; i++)
            {
                if (Btf.Kernel.StringAt(ops.Member(i).NameOffset) == StructOpsMember) attach = (AttachType)i;
            }
        }
        return id;
    }

    static byte[] FuncInfo(params ReadOnlySpan<uint> records) => MemoryMarshal.AsBytes(records).ToArray();
}
