using Skep.Bpf;
using Skep.Bpf.Instructions;
using Skep.Cli.Bpf;

namespace Skep.Cli.Doctor;

/// <summary>Everything that <c>skep doctor</c> looks at.</summary>
static class DoctorCatalogue
{
    const string TracepointsInstead = "use tracepoints, raw tracepoints, cgroup hooks or network hooks; or a kernel that lets eBPF patch functions";

    public static IReadOnlyList<DoctorCheck> All { get; } =
    [
        .. Kernel(), .. Attachments(), .. Iterators(), .. Programs(), .. Maps(), .. Helpers(), .. Kfuncs(),
    ];

    static IEnumerable<DoctorCheck> Kernel()
    {
        const string Group = "kernel";
        yield return Ability(BpfFeature.KernelBtf, "kernel types (BTF)", "nothing that reads kernel structs runs: no CO-RE, no typed tracepoints", isEssential: true);
        yield return Ability(BpfFeature.BtfLoad, "load BTF", "maps without types, no function calls between programs", isEssential: true);
        yield return Ability(BpfFeature.BtfDataSections, "BTF of global variables", "the types are left out");
        yield return Ability(BpfFeature.BtfGlobalFunctions, "BTF of global functions", "functions are verified at each call");
        yield return Ability(BpfFeature.BtfFloat, "BTF of floats", "such types are replaced before load");
        yield return Ability(BpfFeature.BtfDeclarationTags, "BTF declaration tags", "tags are left out; no kernel pointers in maps");
        yield return Ability(BpfFeature.BtfTypeTags, "BTF type tags", "tags are left out; no kernel pointers in maps");
        yield return Ability(BpfFeature.BtfEnum64, "BTF of 64-bit enums", "such types are replaced before load");
        yield return Ability(BpfFeature.SubprogramCalls, "calls between functions", "programs of several functions do not load", isEssential: true);
        yield return Ability(BpfFeature.Jump32, "32-bit jumps (cpu v3)", "code compiled for cpu v3 does not load", isEssential: true);
        yield return Ability(BpfFeature.Atomics, "atomics (cpu v3)", "counters that exchange values do not load");
        yield return Ability(BpfFeature.CpuV4, "cpu v4 instructions", "code compiled for cpu v4 does not load; ours is v3");
        yield return Ability(BpfFeature.LoadAcquire, "load-acquire, store-release", "ordered memory access falls back to atomics");
        yield return Ability(BpfFeature.GlobalData, "global variables", "programs with global variables do not load", isEssential: true);
        yield return Ability(BpfFeature.LargePrograms, "programs above 4096 instructions", "large policies do not load");
        yield return Ability(BpfFeature.BoundedLoops, "bounded loops", "loops have to be unrolled");
        yield return Ability(BpfFeature.LoopHelper, "bpf_loop", "long paths and many rules are cut off earlier");
        yield return Ability(BpfFeature.OpenCodedIterators, "bpf_for", "bpf_loop is used instead");
        yield return Ability(BpfFeature.MayGoto, "may_goto", "bpf_loop is used instead");
        yield return Ability(BpfFeature.Kfuncs, "calls of kernel functions", "helpers are used instead");
        yield return Ability(BpfFeature.KernelVariables, "kernel variables", "programs that read them do not load");
        yield return Ability(BpfFeature.Cookies, "cookies of probes", "one program per probe instead of one for all");
        yield return Ability(BpfFeature.RawTracepointCookies, "cookies of raw tracepoints", "one program per raw tracepoint");
        yield return Ability(BpfFeature.SleepableUprobes, "sleepable uprobes", "user memory that is not resident cannot be read");
        yield return Ability(BpfFeature.Timers, "timers", "periodic work is done by user space");
        yield return Ability(BpfFeature.DynamicPointers, "dynamic pointers", "records have a fixed maximum size");
        yield return Ability(BpfFeature.MappableArrays, "memory-mapped arrays", "global variables are read by system calls");
        yield return Ability(BpfFeature.FrozenMaps, "frozen maps", "constants are not folded into programs");
        yield return Ability(BpfFeature.MapBatch, "batch operations", "maps are read element by element");
        yield return Ability(BpfFeature.CgroupAccounting, "memory charged to the cgroup", "RLIMIT_MEMLOCK limits maps and programs");
        yield return Ability(BpfFeature.LinkIds, "ids of links", "attachments cannot be listed");
        yield return Ability(BpfFeature.RuntimeStatistics, "run-time statistics", "the cost of programs is not shown");
        yield return Ability(BpfFeature.XdpFragments, "multi-buffer XDP", "XDP on jumbo frames is refused by drivers");
        yield return Ability(BpfFeature.Tokens, "BPF tokens", "no eBPF inside user namespaces");
        yield return Ability(BpfFeature.ProgramStreams, "program streams", "reports of the kernel about programs stay in its log");

        static DoctorCheck Ability(BpfFeature feature, string name, string loss, bool isEssential = false) =>
            new(Group, name, () => Features.Kernel(feature), loss, IsEssential: isEssential);
    }

    static IEnumerable<DoctorCheck> Attachments()
    {
        const string NoEntry = "function entry and exit are seen through tracepoints only where one exists";
        yield return Attach(AttachFeature.Tracepoint, "tracepoint", "no process events, no system call events", isEssential: true);
        yield return Attach(AttachFeature.RawTracepoint, "raw tracepoint", "system calls are traced at a higher cost");
        yield return Attach(AttachFeature.TypedTracepoint, "typed tracepoint (tp_btf)", "raw tracepoints without kernel functions are used");
        yield return Attach(AttachFeature.Fentry, "fentry", NoEntry, TracepointsInstead);
        yield return Attach(AttachFeature.Fexit, "fexit", NoEntry, TracepointsInstead);
        yield return Attach(AttachFeature.ModifyReturn, "fmod_ret", "no denial of kernel functions by return value", "deny with cgroup hooks, at exec by signal, or with fanotify");
        yield return Attach(AttachFeature.Freplace, "freplace", "functions of loaded programs cannot be replaced; programs are reloaded");
        yield return Attach(AttachFeature.Lsm, "LSM", "files, capabilities and the like cannot be denied before the fact", "deny with cgroup hooks, at exec by signal, or with fanotify");
        yield return Attach(AttachFeature.LsmCgroup, "LSM per cgroup", "LSM hooks see all cgroups and filter themselves");
        yield return Attach(AttachFeature.Kprobe, "kprobe", "kernel functions without a tracepoint cannot be traced");
        yield return Attach(AttachFeature.KprobeMulti, "kprobe.multi", "many functions are attached one by one");
        yield return Attach(AttachFeature.KprobeSession, "kprobe.session", "entry and exit need two programs");
        yield return Attach(AttachFeature.Uprobe, "uprobe", "user functions (TLS libraries, language run-times) cannot be traced");
        yield return Attach(AttachFeature.UprobeMulti, "uprobe.multi", "many places are attached one by one, which is slow");
        yield return Attach(AttachFeature.UprobeSession, "uprobe.session", "entry and exit need two programs");
        yield return Attach(AttachFeature.PerfEvent, "perf event", "no CPU profiles");
        yield return Attach(AttachFeature.PerfEventLink, "perf event link", "attachments of probes have no id and no pin");
        yield return Attach(AttachFeature.Cgroup, "cgroup", "no connection policies per container");
        yield return Attach(AttachFeature.CgroupUnix, "cgroup (unix sockets)", "unix sockets are not covered by connection policies");
        yield return Attach(AttachFeature.XdpGeneric, "XDP (generic)", "no packet filtering before the stack");
        yield return Attach(AttachFeature.XdpNative, "XDP (in the driver)", "packets are filtered after the kernel has allocated them");
        yield return Attach(AttachFeature.Tcx, "tcx", "traffic control programs are attached by netlink, without links");
        yield return Attach(AttachFeature.Netkit, "netkit", "containers use veth devices");
        yield return Attach(AttachFeature.Netfilter, "netfilter", "no programs at netfilter hooks");
        yield return Attach(AttachFeature.SocketLookup, "socket lookup", "no listening on many addresses with one socket");
        yield return Attach(AttachFeature.SockMapLink, "sockmap link", "sockmap verdicts are attached without links");
        yield return Attach(AttachFeature.StructOps, "struct_ops", "no kernel algorithms in eBPF");

        static DoctorCheck Attach(AttachFeature feature, string name, string loss, string? remedy = null, bool isEssential = false) =>
            new("attach", name, () => Features.Attach(feature), loss, remedy, isEssential);
    }

    static IEnumerable<DoctorCheck> Iterators()
    {
        (string Target, string Loss)[] targets =
        [
            ("task", "processes that run already are read from /proc"), ("task_file", "open files are read from /proc"), ("task_vma", "mappings are read from /proc"),
            ("tcp", "sockets are read from /proc"), ("udp", "sockets are read from /proc"), ("unix", "sockets are read from /proc"),
            ("bpf_map", "maps are listed by id"), ("bpf_prog", "programs are listed by id"), ("bpf_link", "links are listed by id"), ("cgroup", "cgroups are read from the file system"),
        ];
        foreach (var (target, loss) in targets) yield return new DoctorCheck("iterator", target, () => Features.Iterator(target), loss);
    }

    static IEnumerable<DoctorCheck> Programs()
    {
        foreach (var type in Enum.GetValues<ProgramType>())
        {
            if (type == ProgramType.Unspecified) continue;
            yield return new DoctorCheck("program type", KernelNames.Of(type), () => Features.Program(type), type switch
            {
                ProgramType.LircMode2 => "infrared decoders; Skep has no use for them",
                ProgramType.Lsm => "no denial by security hooks",
                ProgramType.Extension => "no replacement of functions of programs",
                _ => $"nothing that is built on {KernelNames.Of(type)} programs loads",
            }, type is ProgramType.Lsm or ProgramType.Extension ? TracepointsInstead : null);
        }
    }

    static IEnumerable<DoctorCheck> Maps()
    {
        foreach (var type in Enum.GetValues<MapType>())
        {
            if (type == MapType.Unspecified) continue;
            var essential = type is MapType.Hash or MapType.Array or MapType.PerCpuArray or MapType.LruHash or MapType.RingBuffer;
            yield return new DoctorCheck("map type", KernelNames.Of(type), () => Features.Map(type), type switch
            {
                MapType.RingBuffer => "no events reach user space",
                MapType.Arena => "data shared with user space is limited to arrays",
                MapType.CgrpStorage or MapType.TaskStorage => "state is kept in a hash by id, which is slower",
                _ => $"objects with a {KernelNames.Of(type)} map do not load",
            }, IsEssential: essential);
        }
    }

    static IEnumerable<DoctorCheck> Helpers()
    {
        (ProgramType Type, HelperFunction Helper, string Loss)[] helpers =
        [
            (ProgramType.Tracepoint, HelperFunction.ProbeReadKernel, "kernel memory cannot be read: no process tree, no paths"),
            (ProgramType.Tracepoint, HelperFunction.ProbeReadUserStr, "arguments of system calls cannot be read"),
            (ProgramType.Tracepoint, HelperFunction.RingbufOutput, "no events reach user space"),
            (ProgramType.Tracepoint, HelperFunction.PerfEventOutput, "no perf buffers"),
            (ProgramType.Tracepoint, HelperFunction.GetCurrentCgroupId, "events cannot be given to containers"),
            (ProgramType.Tracepoint, HelperFunction.GetCurrentAncestorCgroupId, "events cannot be given to pods by ancestry"),
            (ProgramType.Tracepoint, HelperFunction.GetStackid, "no stack traces"),
            (ProgramType.Tracepoint, HelperFunction.SendSignal, "processes cannot be killed from the kernel"),
            (ProgramType.Tracepoint, HelperFunction.Loop, "long paths are cut off earlier"),
            (ProgramType.Tracing, HelperFunction.GetCurrentTaskBtf, "kernel structs are read by copies instead of directly"),
            (ProgramType.Tracing, HelperFunction.TaskStorageGet, "process state is kept in a hash by pid"),
            (ProgramType.Tracing, HelperFunction.SnprintfBtf, "kernel structs cannot be printed"),
            (ProgramType.PerfEvent, HelperFunction.GetStack, "no CPU profiles"),
            (ProgramType.Kprobe, HelperFunction.OverrideReturn, "system calls cannot be failed from kprobes"),
            (ProgramType.Kprobe, HelperFunction.ProbeWriteUser, "user memory cannot be changed; Skep never does that"),
            (ProgramType.Kprobe, HelperFunction.CopyFromUser, "user memory that is not resident cannot be read"),
            (ProgramType.Xdp, HelperFunction.FibLookup, "packets cannot be routed before the stack"),
            (ProgramType.Xdp, HelperFunction.RedirectMap, "packets cannot be redirected before the stack"),
            (ProgramType.SchedCls, HelperFunction.RedirectPeer, "packets to containers take the long way"),
            (ProgramType.SchedCls, HelperFunction.RedirectNeigh, "packets cannot be sent with neighbour resolution"),
            (ProgramType.SchedCls, HelperFunction.SkLookupTcp, "packets cannot be matched with sockets"),
            (ProgramType.CgroupSockAddr, HelperFunction.SetRetval, "denied connections always see EPERM"),
            (ProgramType.SockOps, HelperFunction.SockHashUpdate, "sockets cannot be joined in the kernel"),
        ];
        foreach (var (type, helper, loss) in helpers)
        {
            yield return new DoctorCheck("helper", $"{HelperName(helper)} in {KernelNames.Of(type)}", () => Features.Helper(type, helper), loss);
        }
    }

    static IEnumerable<DoctorCheck> Kfuncs()
    {
        (string Name, string Loss)[] functions =
        [
            ("bpf_task_from_pid", "processes cannot be looked up by pid in the kernel"), ("bpf_cgroup_from_id", "cgroups cannot be looked up in the kernel"),
            ("bpf_task_under_cgroup", "membership in a cgroup is decided by ids"), ("bpf_rdonly_cast", "kernel structs are read by copies instead of directly"),
            ("bpf_path_d_path", "paths are walked by our own code"), ("bpf_get_file_xattr", "extended attributes of files are not available to policies"),
            ("bpf_sock_destroy", "connections cannot be closed by policy"), ("bpf_iter_task_new", "processes are iterated from user space"),
            ("bpf_throw", "no assertions in programs"), ("bpf_wq_init", "no deferred work in the kernel"),
        ];
        foreach (var (name, loss) in functions) yield return new DoctorCheck("kernel function", name, () => Features.Kfunc(name), loss);
    }

    static string HelperName(HelperFunction helper) => "bpf_" + KernelNames.Snake(helper.ToString());
}
