using Skep.Bpf.Interop;

namespace Skep.Bpf;

public sealed partial class BpfProgram
{
    const int DataHeadroom = 256;
    const int MaxInterruptions = 100;

    /// <summary>Runs the program once on a packet, without attaching it. Requires at least Linux 4.12.</summary>
    /// <exception cref="BpfSyscallException">The kernel refused: this type cannot be run (ENOTSUPP) or does not take these inputs (EINVAL).</exception>
    public TestRunResult TestRun(ReadOnlyMemory<byte> data) => TestRun(new TestRunOptions { Data = data });

    /// <summary>
    /// Runs the program without attaching it. Works for the types with a packet (socket filter, tc, XDP, LWT, cgroup skb, flow dissector,
    /// sk_skb), and for netfilter, sk_lookup, syscall, tracing (fentry, fexit, fmod_ret) and raw tracepoint programs.
    /// Requires at least Linux 4.12, for the newer types up to 6.4.
    /// </summary>
    /// <exception cref="BpfSyscallException">The kernel refused: this type cannot be run (ENOTSUPP) or does not take these inputs (EINVAL).</exception>
    public TestRunResult TestRun(TestRunOptions? options = null)
    {
        options ??= new TestRunOptions();
        var live = (options.Flags & TestRunFlags.XdpLiveFrames) != 0;
        var dataOut = new byte[options.DataCapacity ?? (ReturnsPacket && !live && options.Data.Length > 0 ? options.Data.Length + DataHeadroom : 0)];
        var contextOut = new byte[options.ContextCapacity ?? (ReturnsContext && !live ? options.Context.Length : 0)];
        // A syscall program's context is written back where it was read (net/bpf/test_run.c: bpf_prog_test_run_syscall).
        var context = options.Context.ToArray();

        var attr = new ProgramTestRunAttr
        {
            ProgramFd = Fd.Value,
            Repeat = options.Repeat,
            Flags = (uint)options.Flags,
            Cpu = options.Cpu,
            BatchSize = options.BatchSize,
        };
        int result;
        var interruptions = 0;
        do
        {
            result = ProgramTestRun.Run(ref attr, options.Data.Span, dataOut, context, contextOut);
        }
        while (result == -Errno.EINTR && ++interruptions < MaxInterruptions);
        if (result < 0) throw TestRunFailed(-result, attr, dataOut.Length);
        return new TestRunResult(
            attr.ReturnValue,
            attr.Duration,
            dataOut[..(int)Math.Min(attr.DataSizeOut, (uint)dataOut.Length)],
            Type == ProgramType.Syscall ? context : contextOut[..(int)Math.Min(attr.ContextSizeOut, (uint)contextOut.Length)]);
    }

    bool ReturnsPacket => ReturnsContext && Type != ProgramType.SkLookup || Type == ProgramType.FlowDissector;

    bool ReturnsContext => Type is ProgramType.SocketFilter or ProgramType.SchedCls or ProgramType.SchedAct or ProgramType.Xdp or ProgramType.CgroupSkb
        or ProgramType.LwtIn or ProgramType.LwtOut or ProgramType.LwtXmit or ProgramType.SkSkb or ProgramType.SkLookup;

    BpfSyscallException TestRunFailed(int errno, in ProgramTestRunAttr attr, int dataCapacity) => new(
        $"test-run program '{Name}' ({Type})", errno, errno switch
        {
            Errno.ENOTSUPP => $"this kernel cannot run programs of type {Type} on demand",
            Errno.ENOSPC => $"the packet afterwards has {attr.DataSizeOut} bytes, there is room for {dataCapacity}",
            Errno.EINVAL => $"an input that programs of type {Type} do not take, or a packet below 14 bytes",
            _ => null,
        });
}
