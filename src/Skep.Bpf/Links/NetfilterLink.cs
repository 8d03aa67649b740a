using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A program in a netfilter hook of the calling thread's network namespace: returns 0 to drop, 1 to accept. Requires at least Linux 6.4.</summary>
public sealed class NetfilterLink : BpfLink
{
    const uint DefragmentFlag = 1;
    static readonly KernelSupport s_netfilter = new("a netfilter link", new(6, 4), "use tcx, classic tc or a cgroup_skb program");

    NetfilterLink(FileDescriptor fd) : base(fd) { }

    /// <summary>Attaches to a hook.</summary>
    /// <param name="program">A program of type <see cref="ProgramType.Netfilter"/>.</param>
    /// <param name="options">Family, hook and priority.</param>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static NetfilterLink Attach(BpfProgram program, NetfilterOptions? options = null)
    {
        AttachFailure.RequireType(program, "netfilter", ProgramType.Netfilter);
        options ??= new NetfilterOptions();
        var attr = new LinkCreateAttr { ProgramFd = program.Fd.Value, AttachType = (uint)AttachType.Netfilter };
        attr.Netfilter.ProtocolFamily = (uint)options.Family;
        attr.Netfilter.Hook = (uint)options.Hook;
        attr.Netfilter.Priority = options.Priority;
        attr.Netfilter.Flags = options.Defragment ? DefragmentFlag : 0;
        var result = LinkSyscalls.Create(ref attr);
        if (result >= 0) return new NetfilterLink(new FileDescriptor(result));
        throw AttachFailure.Create(program, $"netfilter {options.Family} {options.Hook} at priority {options.Priority}", -result, s_netfilter, result switch
        {
            -Errno.ERANGE => "the priority is out of range, or at most -400 with defragmentation",
            -Errno.EAFNOSUPPORT or -Errno.EOPNOTSUPP => "this kernel lacks the family or defragmentation for it",
            -Errno.EBUSY => "another BPF program has this hook and priority",
            _ => null,
        });
    }
}
