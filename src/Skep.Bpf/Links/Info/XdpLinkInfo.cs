namespace Skep.Bpf;

/// <summary>An XDP program on an interface.</summary>
/// <param name="Id">The kernel's id of the link.</param>
/// <param name="ProgramId">The attached program.</param>
/// <param name="InterfaceIndex">The interface; 0 when it is gone.</param>
public sealed record XdpLinkInfo(uint Id, uint ProgramId, uint InterfaceIndex) : LinkInfo(LinkType.Xdp, Id, ProgramId);
