namespace Skep.Bpf;

/// <summary>Flags of <c>BPF_MAP_CREATE</c> (include/uapi/linux/bpf.h: <c>BPF_F_*</c>).</summary>
[Flags]
public enum MapFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,
    /// <summary><c>BPF_F_NO_PREALLOC</c>: allocate hash elements on demand; required by LPM tries and local storage.</summary>
    NoPreallocation = 1 << 0,
    /// <summary><c>BPF_F_NO_COMMON_LRU</c>: one LRU list per CPU.</summary>
    NoCommonLru = 1 << 1,
    /// <summary><c>BPF_F_NUMA_NODE</c>.</summary>
    NumaNode = 1 << 2,
    /// <summary><c>BPF_F_RDONLY</c>: user space may only read.</summary>
    UserReadOnly = 1 << 3,
    /// <summary><c>BPF_F_WRONLY</c>: user space may only write.</summary>
    UserWriteOnly = 1 << 4,
    /// <summary><c>BPF_F_STACK_BUILD_ID</c>: stack traces hold build id and offset.</summary>
    StackBuildId = 1 << 5,
    /// <summary><c>BPF_F_ZERO_SEED</c>: hash with seed zero, for tests.</summary>
    ZeroSeed = 1 << 6,
    /// <summary><c>BPF_F_RDONLY_PROG</c>: programs may only read.</summary>
    ProgramReadOnly = 1 << 7,
    /// <summary><c>BPF_F_WRONLY_PROG</c>: programs may only write.</summary>
    ProgramWriteOnly = 1 << 8,
    /// <summary><c>BPF_F_CLONE</c>: socket storage is cloned with the socket.</summary>
    Clone = 1 << 9,
    /// <summary><c>BPF_F_MMAPABLE</c>: an array that user space may map. Requires at least Linux 5.5.</summary>
    MemoryMappable = 1 << 10,
    /// <summary><c>BPF_F_PRESERVE_ELEMS</c>: perf events stay when their owner closes the map.</summary>
    PreserveElements = 1 << 11,
    /// <summary><c>BPF_F_INNER_MAP</c>: an inner array may differ in size. Requires at least Linux 5.10.</summary>
    InnerMap = 1 << 12,
    /// <summary><c>BPF_F_LINK</c>: struct_ops registered by a link. Requires at least Linux 6.4.</summary>
    Link = 1 << 13,
    /// <summary><c>BPF_F_PATH_FD</c>.</summary>
    PathFd = 1 << 14,
    /// <summary><c>BPF_F_VTYPE_BTF_OBJ_FD</c>: the value type comes from a module's BTF.</summary>
    ValueTypeBtfObject = 1 << 15,
    /// <summary><c>BPF_F_TOKEN_FD</c>: a BPF token gives the permission. Requires at least Linux 6.9.</summary>
    Token = 1 << 16,
    /// <summary><c>BPF_F_SEGV_ON_FAULT</c>: an arena access outside allocated pages is a signal.</summary>
    SegvOnFault = 1 << 17,
    /// <summary><c>BPF_F_NO_USER_CONV</c>: arena pointers are not translated for user space.</summary>
    NoUserConversion = 1 << 18,
    /// <summary><c>BPF_F_RB_OVERWRITE</c>: the ring buffer overwrites its oldest records. Requires at least Linux 6.19.</summary>
    RingOverwrite = 1 << 19,
}
