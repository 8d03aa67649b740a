namespace Skep.Bpf;

/// <summary>A netfilter hook.</summary>
/// <param name="Id">The kernel's id of the link.</param>
/// <param name="ProgramId">The attached program.</param>
/// <param name="Family">Protocol family.</param>
/// <param name="Hook">Where in the path of a packet.</param>
/// <param name="Priority">Order among hooks; lower runs first.</param>
/// <param name="Flags">The kernel's flags: 1 asks for defragmented packets.</param>
public sealed record NetfilterLinkInfo(uint Id, uint ProgramId, NetfilterFamily Family, NetfilterHook Hook, int Priority, uint Flags)
    : LinkInfo(LinkType.Netfilter, Id, ProgramId);
