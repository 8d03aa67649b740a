namespace Skep.Bpf;

/// <summary>A control group hook.</summary>
/// <param name="Id">The kernel's id of the link.</param>
/// <param name="ProgramId">The attached program.</param>
/// <param name="CgroupId">The control group's id, the inode number of its directory; 0 when it was removed.</param>
/// <param name="AttachType">The hook.</param>
public sealed record CgroupLinkInfo(uint Id, uint ProgramId, ulong CgroupId, AttachType AttachType) : LinkInfo(LinkType.Cgroup, Id, ProgramId);
