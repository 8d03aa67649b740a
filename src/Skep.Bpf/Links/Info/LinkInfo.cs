using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>What the kernel tells about any link; derived records hold what belongs to one kind. Requires at least Linux 5.8.</summary>
/// <param name="Type">Kind of link.</param>
/// <param name="Id">The kernel's id of the link.</param>
/// <param name="ProgramId">The kernel's id of the attached program; 0 for struct_ops.</param>
public record LinkInfo(LinkType Type, uint Id, uint ProgramId)
{
    internal static LinkInfo Read(FileDescriptor fd)
    {
        var data = default(LinkInfoData);
        var result = LinkSyscalls.GetInfo(fd.Value, ref data);
        if (result < 0) throw new BpfSyscallException("query link", -result);
        var (type, id, program) = ((LinkType)data.Type, data.Id, data.ProgramId);
        var name = "";
        ulong[] first = [], second = [], third = [];
        if (type is LinkType.RawTracepoint or LinkType.Iter or LinkType.PerfEvent or LinkType.KprobeMulti or LinkType.UprobeMulti)
        {
            // A name may be hidden from those without CAP_PERFMON or kallsyms access: keep what the first call told.
            var detailed = data;
            if (LinkSyscalls.GetDetails(fd.Value, ref detailed, out name, out first, out second, out third) >= 0) data = detailed;
        }
        return type switch
        {
            LinkType.RawTracepoint => new RawTracepointLinkInfo(id, program, name, data.RawTracepointCookie),
            LinkType.Tracing => new TracingLinkInfo(
                id, program, (AttachType)data.TracingAttachType, data.TracingTargetObjectId, data.TracingTargetBtfId, data.TracingCookie),
            LinkType.Cgroup => new CgroupLinkInfo(id, program, data.CgroupId, (AttachType)data.CgroupAttachType),
            LinkType.Iter => IteratorLinkInfo.Create(id, program, name, data),
            LinkType.Netns => new NetnsLinkInfo(id, program, data.NetnsInode, (AttachType)data.NetnsAttachType),
            LinkType.Xdp => new XdpLinkInfo(id, program, data.InterfaceIndex),
            LinkType.PerfEvent => PerfEventLinkInfo.Create(id, program, name, data),
            LinkType.KprobeMulti => new KprobeMultiLinkInfo(id, program, first, second, data.KprobeMultiFlags, data.KprobeMultiMissed),
            LinkType.StructOps => new StructOpsLinkInfo(id, data.MapId),
            LinkType.Netfilter => new NetfilterLinkInfo(
                id, program, (NetfilterFamily)data.NetfilterProtocolFamily, (NetfilterHook)data.NetfilterHook, data.NetfilterPriority, data.NetfilterFlags),
            LinkType.Tcx => new TcxLinkInfo(id, program, data.InterfaceIndex, (AttachType)data.InterfaceAttachType),
            LinkType.UprobeMulti => new UprobeMultiLinkInfo(
                id, program, name, first, second, third, data.UprobeMultiFlags, data.UprobeMultiPid),
            LinkType.Netkit => new NetkitLinkInfo(id, program, data.InterfaceIndex, (AttachType)data.InterfaceAttachType),
            LinkType.SockMap => new SockMapLinkInfo(id, program, data.MapId, (AttachType)data.MapAttachType),
            _ => new LinkInfo(type, id, program),
        };
    }
}
