namespace Skep.Bpf;

/// <summary>Many kernel functions probed by one link. Details are reported since Linux 6.6.</summary>
/// <param name="Id">The kernel's id of the link.</param>
/// <param name="ProgramId">The attached program.</param>
/// <param name="Addresses">Addresses of the functions; zeros when kernel addresses are hidden from this user.</param>
/// <param name="Cookies">One cookie per function; reported since Linux 6.9.</param>
/// <param name="Flags">1: at return instead of entry.</param>
/// <param name="Missed">Runs that were skipped because of recursion. Reported since Linux 6.7.</param>
public sealed record KprobeMultiLinkInfo(
    uint Id, uint ProgramId, IReadOnlyList<ulong> Addresses, IReadOnlyList<ulong> Cookies, uint Flags, ulong Missed)
    : LinkInfo(LinkType.KprobeMulti, Id, ProgramId);
