namespace Skep.Bpf;

/// <summary>Flags of <c>BPF_PROG_LOAD</c> (include/uapi/linux/bpf.h: <c>BPF_F_*</c>).</summary>
[Flags]
public enum ProgramFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,
    /// <summary><c>BPF_F_STRICT_ALIGNMENT</c>: verify as if the machine had strict alignment.</summary>
    StrictAlignment = 1 << 0,
    /// <summary><c>BPF_F_ANY_ALIGNMENT</c>.</summary>
    AnyAlignment = 1 << 1,
    /// <summary><c>BPF_F_TEST_RND_HI32</c>: the kernel randomises the upper half of 32-bit results, for tests.</summary>
    TestRandomHigh32 = 1 << 2,
    /// <summary><c>BPF_F_TEST_STATE_FREQ</c>: the verifier checkpoints often, for tests.</summary>
    TestStateFrequency = 1 << 3,
    /// <summary><c>BPF_F_SLEEPABLE</c>: may fault and sleep. Requires at least Linux 5.10.</summary>
    Sleepable = 1 << 4,
    /// <summary><c>BPF_F_XDP_HAS_FRAGS</c>: handles multi-buffer frames. Requires at least Linux 5.18.</summary>
    XdpFragments = 1 << 5,
    /// <summary><c>BPF_F_XDP_DEV_BOUND_ONLY</c>: bound to one device. Requires at least Linux 6.3.</summary>
    XdpDeviceBound = 1 << 6,
    /// <summary><c>BPF_F_TEST_REG_INVARIANTS</c>: verifier invariants are errors, for tests. Requires at least Linux 6.8.</summary>
    TestRegisterInvariants = 1 << 7,
    /// <summary><c>BPF_F_TOKEN_FD</c>: a BPF token gives the permission. Requires at least Linux 6.9.</summary>
    Token = 1 << 16,
}
