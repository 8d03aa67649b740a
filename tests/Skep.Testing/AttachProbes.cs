using System.Text;
using Skep.Bpf;
using Skep.Bpf.Instructions;
using Skep.Bpf.Interop;

namespace Skep.Testing;

/// <summary>Loads the smallest program of a kind and attaches it where it can do no harm. Null means that the kernel accepted it.</summary>
static unsafe class AttachProbes
{
    const string TestFunction = "bpf_fentry_test1";

    public static string? Trampoline()
    {
        var id = KernelTypes.Find(KernelTypes.Function, TestFunction);
        if (id == 0) return $"kernel BTF has no function {TestFunction}";
        var program = Load(ProgramType.Tracing, AttachType.TraceFentry, 0, id);
        return program < 0 ? Refused("load fentry", program) : Close(program, AttachTracing("attach fentry", program));
    }

    public static string? Lsm()
    {
        var id = KernelTypes.Find(KernelTypes.Function, "bpf_lsm_inode_rmdir");
        if (id == 0) return "kernel BTF has no function bpf_lsm_inode_rmdir";
        var program = Load(ProgramType.Lsm, AttachType.LsmMac, 0, id);
        if (program < 0) return Refused("load lsm", program);
        return Close(program, AttachTracing("attach lsm", program)) ?? LsmList();
    }

    // A program attaches even when lsm= left bpf out, and then never runs.
    static string? LsmList()
    {
        const string Mountpoint = "/sys/kernel/security", List = Mountpoint + "/lsm";
        if (!File.Exists(List)) _ = Libc.Mount("securityfs", Mountpoint, "securityfs", 0, null);
        if (!File.Exists(List)) return null;
        var active = File.ReadAllText(List);
        return active.Split(',').Contains("bpf") ? null : $"active LSMs are {active}";
    }

    public static string? LsmCgroup()
    {
        var id = KernelTypes.Find(KernelTypes.Function, "bpf_lsm_socket_bind");
        if (id == 0) return "kernel BTF has no function bpf_lsm_socket_bind";
        var program = Load(ProgramType.Lsm, AttachType.LsmCgroup, 1, id);
        if (program < 0) return Refused("load lsm_cgroup", program);
        return Close(program, InChildCgroup(cgroup =>
        {
            var attr = new LinkCreateAttr { ProgramFd = program, TargetFd = cgroup, AttachType = (uint)AttachType.LsmCgroup };
            return Link("attach lsm_cgroup", ref attr);
        }));
    }

    public static string? Kprobe()
    {
        const string Pmu = "/sys/bus/event_source/devices/kprobe/type";
        if (!File.Exists(Pmu)) return "no kprobe PMU";
        fixed (byte* name = "vfs_read\0"u8)
        {
            var attr = new PerfEventAttr { Type = uint.Parse(File.ReadAllText(Pmu)), Config1 = BpfSyscall.Pointer(name) };
            return CloseOrRefused("open kprobe", PerfEvent.TryOpen(ref attr, -1, 0));
        }
    }

    public static string? KprobeMulti(AttachType type)
    {
        var program = Load(ProgramType.Kprobe, type, 0);
        if (program < 0) return Refused($"load {type}", program);
        fixed (byte* name = "vfs_statx\0"u8)
        {
            var names = BpfSyscall.Pointer(name);
            var attr = new LinkCreateAttr { ProgramFd = program, AttachType = (uint)type };
            attr.KprobeMulti.Count = 1;
            attr.KprobeMulti.Symbols = BpfSyscall.Pointer(&names);
            return Close(program, Link($"attach {type}", ref attr));
        }
    }

    // kernel/trace/bpf_trace.c: bpf_uprobe_multi_link_attach looks at the path after the type: a directory gives EBADF.
    public static string? UprobeMulti(AttachType type)
    {
        var program = Load(ProgramType.Kprobe, type, 0);
        if (program < 0) return Refused($"load {type}", program);
        ulong offset = 0;
        fixed (byte* path = "/\0"u8)
        {
            var attr = new LinkCreateAttr { ProgramFd = program, AttachType = (uint)type };
            attr.UprobeMulti.Path = BpfSyscall.Pointer(path);
            attr.UprobeMulti.Offsets = BpfSyscall.Pointer(&offset);
            attr.UprobeMulti.Count = 1;
            return Close(program, Link($"attach {type}", ref attr, accepted: -Errno.EBADF));
        }
    }

    // The device is looked up after the type was understood: none gives ENODEV.
    public static string? Device(AttachType type)
    {
        var program = Load(ProgramType.SchedCls, type, -1);
        if (program < 0) return Refused($"load {type}", program);
        var attr = new LinkCreateAttr { ProgramFd = program, TargetIfIndex = int.MaxValue, AttachType = (uint)type };
        return Close(program, Link($"attach {type}", ref attr, accepted: -Errno.ENODEV));
    }

    public static string? Netfilter()
    {
        const uint Ipv4 = 2, LocalIn = 1;
        const int Accept = 1;
        var program = Load(ProgramType.Netfilter, AttachType.Netfilter, Accept);
        if (program < 0) return Refused("load netfilter", program);
        var attr = new LinkCreateAttr { ProgramFd = program, AttachType = (uint)AttachType.Netfilter };
        attr.Netfilter.ProtocolFamily = Ipv4;
        attr.Netfilter.Hook = LocalIn;
        attr.Netfilter.Priority = -7531;
        return Close(program, Link("attach netfilter", ref attr));
    }

    public static string? CgroupUnix() =>
        CloseOrRefused("load connect_unix", Load(ProgramType.CgroupSockAddr, AttachType.CgroupUnixConnect, 1));

    public static string? SockmapLink()
    {
        var map = MapProbes.Create(MapType.SockMap, 4, 4, 1);
        if (map < 0) return Refused("create sockmap", map);
        var program = Load(ProgramType.SkMsg, AttachType.SkMsgVerdict, 1);
        if (program < 0) return Close(map, Refused("load sk_msg", program));
        var attr = new LinkCreateAttr { ProgramFd = program, TargetFd = map, AttachType = (uint)AttachType.SkMsgVerdict };
        return Close(map, Close(program, Link("attach sk_msg", ref attr)));
    }

    static int Load(ProgramType type, AttachType attachType, int result, uint attachBtfId = 0)
    {
        var image = new ProgramImage
        {
            Name = "probe",
            Type = type,
            AttachType = attachType,
            AttachBtfId = attachBtfId,
            Instructions =
            [
                new Instruction((byte)InstructionClass.Alu64 | OpCode.Move, Register.R0, Register.R0, immediate: result),
                new Instruction(OpCode.ExitInstruction, Register.R0, Register.R0),
            ],
        };
        return ProgramLoader.Load(image, 0, [], out _);
    }

    static string? AttachTracing(string operation, int program)
    {
        var attr = new RawTracepointAttr { ProgramFd = program };
        return CloseOrRefused(operation, BpfSyscall.Invoke(BpfCommand.RawTracepointOpen, ref attr));
    }

    static string? Link(string operation, ref LinkCreateAttr attr, int accepted = 0)
    {
        var result = BpfSyscall.Invoke(BpfCommand.LinkCreate, ref attr);
        return result < 0 && result == accepted ? null : CloseOrRefused(operation, result);
    }

    static string? InChildCgroup(Func<int, string?> probe)
    {
        var root = new[] { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" }.FirstOrDefault(d => File.Exists(d + "/cgroup.procs"));
        if (root is null) return "no cgroup2 mount";
        var child = $"{root}/skep-probe-{Environment.ProcessId}";
        Directory.CreateDirectory(child);
        try
        {
            using var fd = Libc.OwnedFd(Libc.Open(child, Libc.O_RDONLY | Libc.O_CLOEXEC, 0), "open " + child);
            return probe(fd.Value);
        }
        finally
        {
            Directory.Delete(child);
        }
    }

    internal static string? CloseOrRefused(string operation, int result)
    {
        if (result < 0) return Refused(operation, result);
        _ = Libc.Close(result);
        return null;
    }

    static string? Close(int fd, string? answer)
    {
        _ = Libc.Close(fd);
        return answer;
    }

    internal static string Refused(string operation, int result) => $"{operation}: {Errno.Name(-result)}";
}
