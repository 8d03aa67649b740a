namespace Skep.Bpf;

/// <summary>A hook of a network namespace.</summary>
/// <param name="Id">The kernel's id of the link.</param>
/// <param name="ProgramId">The attached program.</param>
/// <param name="NamespaceInode">Inode number of the namespace; 0 when it is gone.</param>
/// <param name="AttachType">The hook.</param>
public sealed record NetnsLinkInfo(uint Id, uint ProgramId, uint NamespaceInode, AttachType AttachType) : LinkInfo(LinkType.Netns, Id, ProgramId);
