namespace Skep.Bpf;

/// <summary>A traffic control program on an interface, by tcx.</summary>
/// <param name="Id">The kernel's id of the link.</param>
/// <param name="ProgramId">The attached program.</param>
/// <param name="InterfaceIndex">The interface; 0 when it is gone.</param>
/// <param name="AttachType">Ingress or egress.</param>
public sealed record TcxLinkInfo(uint Id, uint ProgramId, uint InterfaceIndex, AttachType AttachType) : LinkInfo(LinkType.Tcx, Id, ProgramId);
