namespace Skep.Bpf;

/// <summary>Ways to attach a program that <see cref="Features.Attach"/> can probe.</summary>
public enum AttachFeature
{
    /// <summary>Classic tracepoint through a perf event. Requires at least Linux 4.7.</summary>
    Tracepoint,
    /// <summary>Raw tracepoint. Requires at least Linux 4.17.</summary>
    RawTracepoint,
    /// <summary>Raw tracepoint with typed arguments (tp_btf). Requires at least Linux 5.5.</summary>
    TypedTracepoint,
    /// <summary>Entry of a kernel function through a trampoline. Requires at least Linux 5.5.</summary>
    Fentry,
    /// <summary>Exit of a kernel function through a trampoline. Requires at least Linux 5.5.</summary>
    Fexit,
    /// <summary>Changing the return value of a kernel function through a trampoline. Requires at least Linux 5.7.</summary>
    ModifyReturn,
    /// <summary>Replacing a function of another program. Requires at least Linux 5.6.</summary>
    Freplace,
    /// <summary>Hooks of the BPF security module. Requires at least Linux 5.7.</summary>
    Lsm,
    /// <summary>Hooks of the BPF security module for one cgroup. Requires at least Linux 6.0.</summary>
    LsmCgroup,
    /// <summary>Kernel probe through a perf event. Requires at least Linux 4.17.</summary>
    Kprobe,
    /// <summary>Many kernel probes in one link. Requires at least Linux 5.18.</summary>
    KprobeMulti,
    /// <summary>Entry and exit of many kernel functions with one program. Requires at least Linux 6.10.</summary>
    KprobeSession,
    /// <summary>User probe through a perf event. Requires at least Linux 4.17.</summary>
    Uprobe,
    /// <summary>Many user probes in one link. Requires at least Linux 6.6.</summary>
    UprobeMulti,
    /// <summary>Entry and exit of many user functions with one program. Requires at least Linux 6.13.</summary>
    UprobeSession,
    /// <summary>Overflow of a perf event. Requires at least Linux 4.9.</summary>
    PerfEvent,
    /// <summary>A link for perf events, tracepoints and probes, which carries a cookie. Requires at least Linux 5.15.</summary>
    PerfEventLink,
    /// <summary>Hooks of a cgroup by link. Requires at least Linux 5.7.</summary>
    Cgroup,
    /// <summary>Hooks of a cgroup for unix sockets. Requires at least Linux 6.7.</summary>
    CgroupUnix,
    /// <summary>XDP by link in generic mode. Requires at least Linux 5.9.</summary>
    XdpGeneric,
    /// <summary>XDP by link in the driver; it depends on each device. Requires at least Linux 5.9.</summary>
    XdpNative,
    /// <summary>Traffic control by link. Requires at least Linux 6.6.</summary>
    Tcx,
    /// <summary>netkit devices. Requires at least Linux 6.7.</summary>
    Netkit,
    /// <summary>Netfilter hooks by link. Requires at least Linux 6.4.</summary>
    Netfilter,
    /// <summary>Socket lookup in a network namespace by link. Requires at least Linux 5.9.</summary>
    SocketLookup,
    /// <summary>Verdicts of a sockmap by link. Requires at least Linux 6.10.</summary>
    SockMapLink,
    /// <summary>Kernel structs of functions, implemented by programs. Requires at least Linux 5.6.</summary>
    StructOps,
    /// <summary>Iterators over kernel objects. Requires at least Linux 5.8.</summary>
    Iterator,
}
