namespace Skep.Bpf;

/// <summary>A program in a netkit device.</summary>
/// <param name="Id">The kernel's id of the link.</param>
/// <param name="ProgramId">The attached program.</param>
/// <param name="InterfaceIndex">The primary device; 0 when it is gone.</param>
/// <param name="AttachType">Primary or peer.</param>
public sealed record NetkitLinkInfo(uint Id, uint ProgramId, uint InterfaceIndex, AttachType AttachType) : LinkInfo(LinkType.Netkit, Id, ProgramId);
