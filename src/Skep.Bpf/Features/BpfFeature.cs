namespace Skep.Bpf;

/// <summary>Abilities of the kernel beside types of program and map that <see cref="Features.Kernel"/> can probe.</summary>
public enum BpfFeature
{
    /// <summary>The kernel's own types at /sys/kernel/btf/vmlinux. Requires at least Linux 5.4.</summary>
    KernelBtf,
    /// <summary>Loading BTF. Requires at least Linux 4.18.</summary>
    BtfLoad,
    /// <summary>Variables and data sections in BTF. Requires at least Linux 5.2.</summary>
    BtfDataSections,
    /// <summary>Functions with global linkage in BTF. Requires at least Linux 5.6.</summary>
    BtfGlobalFunctions,
    /// <summary>Floating-point types in BTF. Requires at least Linux 5.13.</summary>
    BtfFloat,
    /// <summary>Declaration tags in BTF. Requires at least Linux 5.16.</summary>
    BtfDeclarationTags,
    /// <summary>Type tags in BTF. Requires at least Linux 5.17.</summary>
    BtfTypeTags,
    /// <summary>Enumerations of 64-bit values in BTF. Requires at least Linux 6.0.</summary>
    BtfEnum64,
    /// <summary>Calls between functions of a program. Requires at least Linux 4.16.</summary>
    SubprogramCalls,
    /// <summary>32-bit jumps (cpu v3). Requires at least Linux 5.1.</summary>
    Jump32,
    /// <summary>Global variables: addresses of map values in code. Requires at least Linux 5.2.</summary>
    GlobalData,
    /// <summary>Programs above 4096 instructions. Requires at least Linux 5.2.</summary>
    LargePrograms,
    /// <summary>Loops with a bound that the verifier finds. Requires at least Linux 5.3.</summary>
    BoundedLoops,
    /// <summary>Atomic fetch, exchange and compare-and-exchange (cpu v3). Requires at least Linux 5.12.</summary>
    Atomics,
    /// <summary>Sign-extending loads and moves, signed division, byte swap, long jump (cpu v4). Requires at least Linux 6.6.</summary>
    CpuV4,
    /// <summary>Bounded jumps (may_goto). Requires at least Linux 6.9.</summary>
    MayGoto,
    /// <summary>Load-acquire and store-release. Requires at least Linux 6.15.</summary>
    LoadAcquire,
    /// <summary>Loops by callback (<c>bpf_loop</c>). Requires at least Linux 5.17.</summary>
    LoopHelper,
    /// <summary>Loops by open-coded iterators (<c>bpf_for</c>). Requires at least Linux 6.4.</summary>
    OpenCodedIterators,
    /// <summary>Calls of kernel functions. Requires at least Linux 5.13.</summary>
    Kfuncs,
    /// <summary>Addresses of kernel variables by BTF. Requires at least Linux 5.10.</summary>
    KernelVariables,
    /// <summary>Cookies that tell attachments of one program apart (kprobe, uprobe, tracepoint, perf event). Requires at least Linux 5.15.</summary>
    Cookies,
    /// <summary>Cookies of raw tracepoints. Requires at least Linux 6.10.</summary>
    RawTracepointCookies,
    /// <summary>Uprobe programs that may fault. Requires at least Linux 6.0.</summary>
    SleepableUprobes,
    /// <summary>Timers in maps. Requires at least Linux 5.15.</summary>
    Timers,
    /// <summary>Pointers of dynamic extent. Requires at least Linux 5.19.</summary>
    DynamicPointers,
    /// <summary>Arrays that user space maps into memory. Requires at least Linux 5.5.</summary>
    MappableArrays,
    /// <summary>Freezing of maps. Requires at least Linux 5.2.</summary>
    FrozenMaps,
    /// <summary>Lookup and update of many elements in one call. Requires at least Linux 5.6.</summary>
    MapBatch,
    /// <summary>BPF memory counts against the cgroup and not against RLIMIT_MEMLOCK. Requires at least Linux 5.11.</summary>
    CgroupAccounting,
    /// <summary>Links with ids. Requires at least Linux 5.8.</summary>
    LinkIds,
    /// <summary>Run-time statistics that end with a descriptor. Requires at least Linux 5.8.</summary>
    RuntimeStatistics,
    /// <summary>Multi-buffer XDP. Requires at least Linux 5.18.</summary>
    XdpFragments,
    /// <summary>BPF tokens. Requires at least Linux 6.9.</summary>
    Tokens,
    /// <summary>Output streams of programs. Requires at least Linux 6.17.</summary>
    ProgramStreams,
}
