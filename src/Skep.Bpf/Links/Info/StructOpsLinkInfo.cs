namespace Skep.Bpf;

/// <summary>A registered struct of function pointers.</summary>
/// <param name="Id">The kernel's id of the link.</param>
/// <param name="MapId">The struct_ops map.</param>
public sealed record StructOpsLinkInfo(uint Id, uint MapId) : LinkInfo(LinkType.StructOps, Id, 0);
