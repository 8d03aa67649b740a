using Skep.Bpf.Instructions;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

public static partial class Features
{
    const int Alu64Immediate = (byte)InstructionClass.Alu64;
    const int Alu64Register = (byte)InstructionClass.Alu64 | OpCode.SourceRegister;
    const int AtomicAdd = 0x00, AtomicFetch = 0x01, LoadAcquireOperation = 0x100;

    static FeatureSupport ProbeKernel(BpfFeature feature)
    {
        var name = feature.ToString();
        var release = FeatureReleases.Of(feature);
        return feature switch
        {
            BpfFeature.KernelBtf => ProbeKernelBtf(name, release),
            BpfFeature.BtfLoad => LoadBtf(name, release, ProbeBtf.Integer),
            BpfFeature.BtfDataSections => LoadBtf(name, release, ProbeBtf.DataSection),
            BpfFeature.BtfGlobalFunctions => LoadBtf(name, release, ProbeBtf.Functions),
            BpfFeature.BtfFloat => LoadBtf(name, release, ProbeBtf.Float),
            BpfFeature.BtfDeclarationTags => LoadBtf(name, release, ProbeBtf.DeclarationTag),
            BpfFeature.BtfTypeTags => LoadBtf(name, release, ProbeBtf.TypeTag),
            BpfFeature.BtfEnum64 => LoadBtf(name, release, ProbeBtf.Enum64),
            BpfFeature.SubprogramCalls => LoadCode(name, release,
                [new(OpCode.CallInstruction, default, (Register)OpCode.PseudoCall, immediate: 1), ProbeProgram.Exit, .. ProbeProgram.Return(0)]),
            BpfFeature.Jump32 => LoadCode(name, release,
                [.. Zero(), new((byte)InstructionClass.Jump32 | OpCode.JumpEqual, Register.R0, default, 0, 0), ProbeProgram.Exit]),
            BpfFeature.GlobalData => ProbeGlobalData(name, release),
            BpfFeature.LargePrograms => LoadCode(name, release, [.. Enumerable.Repeat(Zero()[0], 5000), ProbeProgram.Exit]),
            BpfFeature.BoundedLoops => LoadCode(name, release,
                [.. Zero(), new(Alu64Immediate | OpCode.Add, Register.R0, default, immediate: 1), new((byte)InstructionClass.Jump | OpCode.JumpLess, Register.R0, default, -2, 4), .. ProbeProgram.Return(0)]),
            BpfFeature.Atomics => LoadCode(name, release,
                [.. Stack(), new((byte)InstructionClass.StoreRegister | OpCode.ModeAtomic | OpCode.Double, Register.R10, Register.R0, -8, AtomicAdd | AtomicFetch), .. ProbeProgram.Return(0)]),
            BpfFeature.CpuV4 => LoadCode(name, release,
                [.. Zero(), new(Alu64Register | OpCode.Move, Register.R0, Register.R0, 8), ProbeProgram.Exit]),
            BpfFeature.MayGoto => LoadCode(name, release,
                [.. Zero(), new((byte)InstructionClass.Jump | OpCode.JumpConditional, default, default, 1), .. Zero(), ProbeProgram.Exit]),
            BpfFeature.LoadAcquire => LoadCode(name, release,
                [.. Stack(), new((byte)InstructionClass.StoreRegister | OpCode.ModeAtomic | OpCode.Double, Register.R0, Register.R10, -8, LoadAcquireOperation), ProbeProgram.Exit]),
            BpfFeature.LoopHelper => ByHelper(name, release, ProgramType.SocketFilter, HelperFunction.Loop),
            BpfFeature.Cookies => ByHelper(name, release, ProgramType.Kprobe, HelperFunction.GetAttachCookie),
            BpfFeature.Timers => ByHelper(name, release, ProgramType.SchedCls, HelperFunction.TimerInit),
            BpfFeature.DynamicPointers => ByHelper(name, release, ProgramType.SocketFilter, HelperFunction.DynptrFromMem),
            BpfFeature.CgroupAccounting => ByHelper(name, release, ProgramType.SocketFilter, HelperFunction.KtimeGetCoarseNs),
            BpfFeature.OpenCodedIterators => ProbeOpenCodedIterators(name, release),
            BpfFeature.Kfuncs => ProbeKfuncCalls(name, release),
            BpfFeature.KernelVariables => ProbeKernelVariable(name, release),
            BpfFeature.RawTracepointCookies => AttachLoaded(name, release, ProgramType.RawTracepoint, null, fd => LinkSyscalls.OpenRawTracepoint(ProbeProgram.TracepointName, fd, cookie: 1)),
            BpfFeature.SleepableUprobes => Load(name, release, ProgramType.Kprobe, ProbeProgram.Return(0), ProgramFlags.Sleepable),
            BpfFeature.MappableArrays => CreateArray(name, release, MapFlags.MemoryMappable, null),
            BpfFeature.FrozenMaps => CreateArray(name, release, 0, FreezeMap),
            BpfFeature.MapBatch => CreateArray(name, release, 0, EmptyBatch),
            BpfFeature.LinkIds => ProbeLinkIds(name, release),
            BpfFeature.RuntimeStatistics => ProbeRuntimeStatistics(name, release),
            BpfFeature.XdpFragments => Load(name, release, ProgramType.Xdp, ProbeProgram.Return(2), ProgramFlags.XdpFragments),
            BpfFeature.Tokens => ProbeTokens(name, release),
            BpfFeature.ProgramStreams => ProbeStreams(name, release),
            _ => throw new ArgumentOutOfRangeException(nameof(feature)),
        };
    }

    static Instruction[] Zero() => [new(ProbeProgram.MoveImmediate, Register.R0, default, immediate: 0)];

    static Instruction[] Stack() => [.. Zero(), new((byte)InstructionClass.StoreRegister | OpCode.ModeMemory | OpCode.Double, Register.R10, Register.R0, -8)];

    static FeatureSupport LoadCode(string name, (KernelVersion, string) release, Instruction[] code) => Load(name, release, ProgramType.SocketFilter, code);

    static FeatureSupport Load(string name, (KernelVersion, string) release, ProgramType type, Instruction[] code, ProgramFlags flags = 0)
    {
        var image = ProbeProgram.Image(type, code, out var reason, flags: flags);
        return image is null ? MissingTarget(name, release, reason) : Probe.Answer(name, ProbeProgram.Load(image), release, type);
    }

    static FeatureSupport LoadBtf(string name, (KernelVersion, string) release, byte[] blob) =>
        Probe.Answer(name, Close(ProbeBtf.Load(blob)) with { Step = "BTF load" }, release, ProgramType.SocketFilter);

    static FeatureSupport ByHelper(string name, (KernelVersion Since, string Option) release, ProgramType type, HelperFunction helper)
    {
        var answer = Helper(type, helper);
        if (answer.IsPresent) return Probe.Present(name, release.Since);
        var reason = KernelVersion.Running < release.Since ? $"needs Linux {release.Since.Series}, this is {KernelVersion.Running}" : answer.Reason;
        return new FeatureSupport(name, answer.Status, answer.Cause, reason, release.Since, answer.ErrorNumber);
    }

    static FeatureSupport ProbeKernelBtf(string name, (KernelVersion Since, string Option) release)
    {
        try
        {
            return Probe.Present(name, release.Since, $"{Btf.Kernel.Count} types");
        }
        catch (BpfException error)
        {
            return MissingTarget(name, release, error.Message);
        }
    }

    static FeatureSupport ProbeGlobalData(string name, (KernelVersion, string) release) => CreateArray(name, release, 0, map =>
    {
        var image = ProbeProgram.Image(ProgramType.SocketFilter,
            [new(OpCode.LoadImmediate64, Register.R1, (Register)OpCode.PseudoMapValue, immediate: map), default, .. ProbeProgram.Return(0)], out _)!;
        return -ProbeProgram.Load(image).Error;
    });

    /// <summary>Creates an array of one element and tries something on it; <paramref name="use"/> returns 0 or a negated error.</summary>
    static FeatureSupport CreateArray(string name, (KernelVersion, string) release, MapFlags flags, Func<int, int>? use)
    {
        var attr = new MapCreateAttr { MapType = (uint)MapType.Array, KeySize = 4, ValueSize = 8, MaxEntries = 1, MapFlags = (uint)flags };
        var result = BpfSyscall.Invoke(BpfCommand.MapCreate, ref attr);
        if (result < 0) return Probe.Answer(name, new ProbeOutcome(-result, Step: "creation"), release, ProgramType.SocketFilter);
        using var map = new FileDescriptor(result);
        return Probe.Answer(name, new ProbeOutcome(use is null ? 0 : -Math.Min(use(result), 0), Step: "use"), release, ProgramType.SocketFilter);
    }

    static int FreezeMap(int map)
    {
        var attr = new MapElementAttr { MapFd = map };
        return BpfSyscall.Invoke(BpfCommand.MapFreeze, ref attr);
    }

    static int EmptyBatch(int map)
    {
        var attr = new MapBatchAttr { MapFd = map };
        return BpfSyscall.Invoke(BpfCommand.MapLookupBatch, ref attr);
    }

    static FeatureSupport ProbeOpenCodedIterators(string name, (KernelVersion Since, string Option) release) =>
        ProbeProgram.KernelType("bpf_iter_num_new", BtfKind.Function) != 0
            ? Probe.Present(name, release.Since)
            : MissingTarget(name, release, "the kernel has no bpf_iter_num_new");

    /// <summary>A call of a function that is none: a kernel with kfuncs says that this one is not allowed.</summary>
    static FeatureSupport ProbeKfuncCalls(string name, (KernelVersion Since, string Option) release)
    {
        var id = ProbeProgram.KernelType(ProbeProgram.TracedFunction, BtfKind.Function);
        if (id == 0) return MissingTarget(name, release, $"the kernel's BTF has no {ProbeProgram.TracedFunction}");
        var outcome = CallKfunc(ProgramType.SchedCls, id, out _);
        return outcome.Log.Contains("calling kernel function", StringComparison.Ordinal) ? Probe.Present(name, release.Since) : Probe.Answer(name, outcome, release, ProgramType.SchedCls);
    }

    static FeatureSupport ProbeKernelVariable(string name, (KernelVersion, string) release)
    {
        var id = ProbeProgram.KernelType("bpf_prog_active", BtfKind.Variable);
        if (id == 0) id = ProbeProgram.KernelType("runqueues", BtfKind.Variable);
        return id == 0
            ? MissingTarget(name, release, "the kernel's BTF has no variables")
            : Load(name, release, ProgramType.RawTracepoint, [new(OpCode.LoadImmediate64, Register.R1, (Register)OpCode.PseudoBtfId, immediate: (int)id), default, .. ProbeProgram.Return(0)]);
    }

    static FeatureSupport ProbeLinkIds(string name, (KernelVersion, string) release)
    {
        var attr = default(ObjectIdAttr);
        var result = BpfSyscall.Invoke(BpfCommand.LinkGetNextId, ref attr);
        return Probe.Answer(name, new ProbeOutcome(result is >= 0 or -Errno.ENOENT ? 0 : -result, Step: "listing"), release, ProgramType.SocketFilter);
    }

    static FeatureSupport ProbeRuntimeStatistics(string name, (KernelVersion, string) release)
    {
        try
        {
            using var statistics = RuntimeStatistics.Enable();
            return Probe.Answer(name, default, release, ProgramType.SocketFilter);
        }
        catch (BpfSyscallException error)
        {
            return Probe.Answer(name, new ProbeOutcome(error.ErrorNumber, Step: "enabling"), release, ProgramType.SocketFilter);
        }
    }

    /// <summary>A bad descriptor is refused as such only by a kernel that knows the command.</summary>
    static FeatureSupport ProbeTokens(string name, (KernelVersion, string) release)
    {
        var attr = new TokenCreateAttr { BpffsFd = -1 };
        var result = BpfSyscall.Invoke(BpfCommand.TokenCreate, ref attr);
        return Probe.Answer(name, new ProbeOutcome(result == -Errno.EBADF ? 0 : -result, Step: "creation"), release, ProgramType.SocketFilter);
    }

    static FeatureSupport ProbeStreams(string name, (KernelVersion, string) release)
    {
        using var program = ProbeProgram.TryLoad(ProbeProgram.Image(ProgramType.SocketFilter, out _)!, out var outcome);
        if (program is not null)
        {
            Span<byte> buffer = stackalloc byte[16];
            outcome = new ProbeOutcome(-Math.Min(ProgramCommands.ReadStream(program, (uint)ProgramStream.Output, buffer), 0), Step: "reading");
        }
        return Probe.Answer(name, outcome, release, ProgramType.SocketFilter);
    }
}
