namespace Skep.Bpf;

/// <summary>A program that serves the sockets of a map.</summary>
/// <param name="Id">The kernel's id of the link.</param>
/// <param name="ProgramId">The attached program.</param>
/// <param name="MapId">The map.</param>
/// <param name="AttachType">Parser or verdict.</param>
public sealed record SockMapLinkInfo(uint Id, uint ProgramId, uint MapId, AttachType AttachType) : LinkInfo(LinkType.SockMap, Id, ProgramId);
