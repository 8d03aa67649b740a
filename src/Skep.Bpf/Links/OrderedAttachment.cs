using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>What tcx and netkit share: a list of programs with positions and a revision (kernel/bpf/mprog.c).</summary>
static class OrderedAttachment
{
    public static int Create(BpfProgram program, uint interfaceIndex, AttachType type, OrderedOptions? options)
    {
        var attr = new LinkCreateAttr { ProgramFd = program.Fd.Value, TargetIfIndex = interfaceIndex, AttachType = (uint)type };
        if (options is not null)
        {
            attr.Flags = options.Anchor?.Flags ?? 0;
            attr.Ordered.RelativeFdOrId = options.Anchor?.FdOrId ?? 0;
            attr.Ordered.ExpectedRevision = options.ExpectedRevision;
        }
        return LinkSyscalls.Create(ref attr);
    }

    public static string? WhyNot(BpfProgram program, AttachType type, int errno, KernelSupport support) => errno switch
    {
        Errno.ENODEV => "there is no such interface in this network namespace",
        Errno.ESTALE => "the list of programs has another revision than the expected one",
        Errno.EEXIST => "the program is attached there already",
        Errno.ENOENT => "the anchor is not attached to this hook",
        Errno.ERANGE => "the hook has as many programs as fit (64)",
        Errno.EINVAL when support.IsOlderHere => support.ToString(),
        _ => AttachFailure.WrongAttachType(program, type, errno),
    };
}
