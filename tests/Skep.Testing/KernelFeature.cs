namespace Skep.Testing;

/// <summary>What a kernel test may need beyond the baseline of the oldest kernel in the matrix.</summary>
public enum KernelFeature
{
    /// <summary>fentry, fexit, fmod_ret can attach.</summary>
    Trampoline,
    /// <summary>freplace can attach; it runs through the same trampolines.</summary>
    Freplace,
    /// <summary>The BPF LSM is active and accepts programs.</summary>
    Lsm,
    /// <summary>LSM programs can be attached to a cgroup (6.0).</summary>
    LsmCgroup,
    /// <summary>kprobes are built in and can be opened.</summary>
    Kprobe,
    /// <summary>One link over many kernel functions (5.18, needs fprobe).</summary>
    KprobeMulti,
    /// <summary>Entry and return of many kernel functions in one program (6.10).</summary>
    KprobeSession,
    /// <summary>One link over many places of a binary (6.6).</summary>
    UprobeMulti,
    /// <summary>Entry and return of many places of a binary in one program (6.13).</summary>
    UprobeSession,
    /// <summary>tc programs through links (6.6).</summary>
    Tcx,
    /// <summary>netkit devices and their program links (6.7).</summary>
    Netkit,
    /// <summary>netfilter programs and links (6.4).</summary>
    Netfilter,
    /// <summary>cgroup hooks of UNIX sockets (6.7).</summary>
    CgroupUnix,
    /// <summary>TCP congestion control in BPF through struct_ops.</summary>
    StructOps,
    /// <summary>struct_ops maps that attach through a link (6.4).</summary>
    StructOpsLink,
    /// <summary>Memory shared between programs and user space (6.9).</summary>
    Arena,
    /// <summary>Ring buffer from user space to programs (6.1).</summary>
    UserRingBuffer,
    /// <summary>Storage per cgroup (6.2).</summary>
    CgrpStorage,
    /// <summary>Storage per inode (5.10, needs the BPF LSM built in).</summary>
    InodeStorage,
    /// <summary>Bloom filter maps (5.16).</summary>
    BloomFilter,
    /// <summary>Delegation of bpf(2) through a mount of bpffs (6.9).</summary>
    BpfToken,
    /// <summary>sk_msg and sk_skb programs through links (6.10).</summary>
    SockmapLink,
    /// <summary>veth pairs can be made.</summary>
    Veth,
    /// <summary>Network namespaces can be made.</summary>
    NetNs,
    /// <summary>Classic tc: the clsact qdisc and the bpf classifier.</summary>
    SchedCls,
    /// <summary>Classic tc: the matchall classifier and the bpf action.</summary>
    SchedAct,
    /// <summary>User namespaces without privilege.</summary>
    UnprivilegedUserNs,
    /// <summary>Kernel functions on tasks: bpf_task_acquire, bpf_task_from_pid (6.2).</summary>
    TaskKfuncs,
    /// <summary>bpf_for, bpf_repeat: the iterator kfuncs over numbers (6.4).</summary>
    OpenIterators,
    /// <summary>Kernel modules with BTF of their own are loaded.</summary>
    ModuleBtf,
    /// <summary>The command ip (iproute2).</summary>
    IpTool,
    /// <summary>The command runc and a static busybox: containers can be run on a root file system of our own.</summary>
    Runc,
    /// <summary>The command podman, and <see cref="Runc"/> for it to run.</summary>
    Podman,
    /// <summary>System calls by int 0x80 (x86-64 with CONFIG_IA32_EMULATION).</summary>
    CompatibleCalls,
    /// <summary>A clang of any version.</summary>
    Clang,
}
