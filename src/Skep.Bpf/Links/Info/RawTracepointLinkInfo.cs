namespace Skep.Bpf;

/// <summary>A raw tracepoint.</summary>
/// <param name="Id">The kernel's id of the link.</param>
/// <param name="ProgramId">The attached program.</param>
/// <param name="Name">The tracepoint.</param>
/// <param name="Cookie">The value that the program sees as its cookie; reported since Linux 6.17.</param>
public sealed record RawTracepointLinkInfo(uint Id, uint ProgramId, string Name, ulong Cookie) : LinkInfo(LinkType.RawTracepoint, Id, ProgramId);
