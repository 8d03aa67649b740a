using Skep.Bpf.Interop;

namespace Skep.Bpf;

public static partial class Features
{
    static FeatureSupport ProbeMapType(MapType type)
    {
        var name = $"map type {type}";
        var release = FeatureReleases.Of(type);
        var page = (uint)Environment.SystemPageSize;
        var attr = new MapCreateAttr { MapType = (uint)type, KeySize = 4, ValueSize = 4, MaxEntries = 1, MapName = BpfSyscall.Name("skep_probe") };
        switch (type)
        {
            case MapType.LpmTrie:
                (attr.KeySize, attr.MapFlags) = (8, (uint)MapFlags.NoPreallocation);
                break;
            case MapType.StackTrace:
                attr.ValueSize = 8;
                break;
            case MapType.CgroupStorage or MapType.PerCpuCgroupStorage:
                (attr.KeySize, attr.ValueSize, attr.MaxEntries) = (16, 8, 0);
                break;
            case MapType.Queue or MapType.Stack or MapType.BloomFilter:
                attr.KeySize = 0;
                break;
            case MapType.RingBuffer or MapType.UserRingBuffer:
                (attr.KeySize, attr.ValueSize, attr.MaxEntries) = (0, 0, page);
                break;
            case MapType.Arena:
                (attr.KeySize, attr.ValueSize, attr.MapFlags) = (0, 0, (uint)MapFlags.MemoryMappable);
                break;
            case MapType.SkStorage or MapType.InodeStorage or MapType.TaskStorage or MapType.CgrpStorage:
                return ProbeLocalStorage(name, attr, release);
            case MapType.ArrayOfMaps or MapType.HashOfMaps:
                return ProbeMapOfMaps(name, attr, release);
            case MapType.StructOps:
                return ProbeStructOpsMap(name, attr, release);
        }
        return Probe.Answer(name, CreateMap(ref attr), release, MapRights(type));
    }

    static ProbeOutcome CreateMap(ref MapCreateAttr attr) => Close(BpfSyscall.Invoke(BpfCommand.MapCreate, ref attr)) with { Step = "creation" };

    static FeatureSupport ProbeLocalStorage(string name, MapCreateAttr attr, (KernelVersion, string) release)
    {
        var btf = ProbeBtf.Load(ProbeBtf.Integer);
        if (btf < 0) return Probe.Answer(name, new ProbeOutcome(-btf, Step: "BTF load"), release, ProgramType.SocketFilter);
        using var btfFd = new FileDescriptor(btf);
        (attr.MaxEntries, attr.MapFlags) = (0, (uint)MapFlags.NoPreallocation);
        (attr.BtfFd, attr.BtfKeyTypeId, attr.BtfValueTypeId) = (btf, 1, 1);
        return Probe.Answer(name, CreateMap(ref attr), release, ProgramType.SocketFilter);
    }

    static FeatureSupport ProbeMapOfMaps(string name, MapCreateAttr attr, (KernelVersion, string) release)
    {
        var inner = new MapCreateAttr { MapType = (uint)MapType.Array, KeySize = 4, ValueSize = 4, MaxEntries = 1 };
        var fd = BpfSyscall.Invoke(BpfCommand.MapCreate, ref inner);
        if (fd < 0) return Probe.Answer(name, new ProbeOutcome(-fd, Step: "creation of the inner map"), release, ProgramType.SocketFilter);
        using var innerFd = new FileDescriptor(fd);
        attr.InnerMapFd = fd;
        return Probe.Answer(name, CreateMap(ref attr), release, ProgramType.SocketFilter);
    }

    static FeatureSupport ProbeStructOpsMap(string name, MapCreateAttr attr, (KernelVersion, string) release)
    {
        // The value is the kernel's own wrapper around the struct (kernel/bpf/bpf_struct_ops.c: bpf_struct_ops_map_alloc).
        var value = ProbeProgram.KernelType("bpf_struct_ops_tcp_congestion_ops", BtfKind.Struct);
        if (value == 0) return MissingTarget(name, release, "the kernel's BTF has no bpf_struct_ops_tcp_congestion_ops");
        // Some BTF of the user's must come along, whatever it says (kernel/bpf/syscall.c: map_create).
        var btf = ProbeBtf.Load(ProbeBtf.Integer);
        if (btf < 0) return Probe.Answer(name, new ProbeOutcome(-btf, Step: "BTF load"), release, ProgramType.StructOps);
        using var btfFd = new FileDescriptor(btf);
        (attr.ValueSize, attr.BtfFd, attr.BtfVmlinuxValueTypeId) = (Btf.Kernel[value].Size, btf, value);
        return Probe.Answer(name, CreateMap(ref attr), release, ProgramType.StructOps);
    }

    /// <summary>A type of program that needs the same capabilities as the map (kernel/bpf/syscall.c: map_create).</summary>
    static ProgramType MapRights(MapType type) => type is MapType.DevMap or MapType.DevMapHash or MapType.CpuMap or MapType.XskMap or MapType.SockMap or MapType.SockHash
        ? ProgramType.Xdp
        : ProgramType.SocketFilter;
}
