namespace Skep.Bpf;

/// <summary>Many places of one file probed by one link. Details are reported since Linux 6.8.</summary>
/// <param name="Id">The kernel's id of the link.</param>
/// <param name="ProgramId">The attached program.</param>
/// <param name="Path">The file, as seen from this process's root.</param>
/// <param name="Offsets">File offsets of the probes.</param>
/// <param name="ReferenceCounters">File offset of each probe's semaphore, or 0.</param>
/// <param name="Cookies">One cookie per probe.</param>
/// <param name="Flags">1: at return instead of entry.</param>
/// <param name="ProcessId">The only process that is probed; 0 for all.</param>
public sealed record UprobeMultiLinkInfo(
    uint Id, uint ProgramId, string Path, IReadOnlyList<ulong> Offsets, IReadOnlyList<ulong> ReferenceCounters, IReadOnlyList<ulong> Cookies,
    uint Flags, uint ProcessId)
    : LinkInfo(LinkType.UprobeMulti, Id, ProgramId);
