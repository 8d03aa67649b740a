namespace Skep.Bpf;

/// <summary>Flags of <c>BPF_PROG_TEST_RUN</c> (include/uapi/linux/bpf.h: <c>BPF_F_TEST_*</c>).</summary>
[Flags]
public enum TestRunFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,
    /// <summary><c>BPF_F_TEST_RUN_ON_CPU</c>: a raw tracepoint program runs on <see cref="TestRunOptions.Cpu"/>. Requires at least Linux 5.10.</summary>
    RunOnCpu = 1 << 0,
    /// <summary><c>BPF_F_TEST_XDP_LIVE_FRAMES</c>: frames of an XDP program are really sent or passed on. Requires at least Linux 5.18.</summary>
    XdpLiveFrames = 1 << 1,
    /// <summary><c>BPF_F_TEST_SKB_CHECKSUM_COMPLETE</c>: the packet has a complete checksum. Requires at least Linux 6.17.</summary>
    SkbChecksumComplete = 1 << 2,
}
