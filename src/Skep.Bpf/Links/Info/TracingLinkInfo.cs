namespace Skep.Bpf;

/// <summary>A typed tracepoint, fentry, fexit, fmod_ret, LSM hook or replaced function.</summary>
/// <param name="Id">The kernel's id of the link.</param>
/// <param name="ProgramId">The attached program.</param>
/// <param name="AttachType">Kind of hook.</param>
/// <param name="TargetObjectId">The target program's id, or the id of the BTF object that holds the target function. Reported since Linux 5.13.</param>
/// <param name="TargetBtfId">The target's BTF id in that object.</param>
/// <param name="Cookie">The value that the program sees as its cookie; reported since Linux 6.17.</param>
public sealed record TracingLinkInfo(uint Id, uint ProgramId, AttachType AttachType, uint TargetObjectId, uint TargetBtfId, ulong Cookie)
    : LinkInfo(LinkType.Tracing, Id, ProgramId);
