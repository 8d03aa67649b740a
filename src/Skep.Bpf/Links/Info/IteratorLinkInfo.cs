using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>An iterator.</summary>
/// <param name="Id">The kernel's id of the link.</param>
/// <param name="ProgramId">The attached program.</param>
/// <param name="Target">What it walks: <c>task</c>, <c>bpf_map_elem</c> …</param>
/// <param name="MapId">The map whose elements it walks; 0 for other targets.</param>
/// <param name="CgroupId">The control group that it starts from; 0 for other targets. Reported since Linux 6.1.</param>
/// <param name="CgroupOrder">How it walks control groups.</param>
/// <param name="ThreadId">The only thread that it walks; 0 for all. Reported since Linux 6.1.</param>
/// <param name="ProcessId">The only process that it walks; 0 for all. Reported since Linux 6.1.</param>
public sealed record IteratorLinkInfo(
    uint Id, uint ProgramId, string Target, uint MapId, ulong CgroupId, CgroupIterationOrder CgroupOrder, uint ThreadId, uint ProcessId)
    : LinkInfo(LinkType.Iter, Id, ProgramId)
{
    internal static IteratorLinkInfo Create(uint id, uint programId, string target, in LinkInfoData data)
    {
        var info = new IteratorLinkInfo(id, programId, target, 0, 0, CgroupIterationOrder.Unspecified, 0, 0);
        return target switch
        {
            "bpf_map_elem" or "bpf_sk_storage_map" or "sockmap" => info with { MapId = data.IteratorMapId },
            "cgroup" => info with { CgroupId = data.IteratorCgroupId, CgroupOrder = (CgroupIterationOrder)data.IteratorCgroupOrder },
            "task" or "task_file" or "task_vma" => info with { ThreadId = data.IteratorThreadId, ProcessId = data.IteratorProcessId },
            _ => info,
        };
    }
}
