using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A program in a netkit device pair, run where the packet changes namespaces. Requires at least Linux 6.7 with CONFIG_NETKIT.</summary>
public sealed class NetkitLink : BpfLink
{
    static readonly KernelSupport s_netkit = new("netkit", new(6, 7), "use a veth pair with TcxLink");

    NetkitLink(FileDescriptor fd) : base(fd) { }

    /// <summary>Attaches to a pair by its primary device.</summary>
    /// <param name="program">A program of type <see cref="ProgramType.SchedCls"/>.</param>
    /// <param name="interfaceIndex">The primary device, in the calling thread's network namespace.</param>
    /// <param name="onPeer">Run on what the peer device sends, instead of what the primary sends.</param>
    /// <param name="options">Position among other programs.</param>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static NetkitLink Attach(BpfProgram program, int interfaceIndex, bool onPeer = false, OrderedOptions? options = null)
    {
        AttachFailure.RequireType(program, "netkit", ProgramType.SchedCls);
        var type = onPeer ? AttachType.NetkitPeer : AttachType.NetkitPrimary;
        var result = OrderedAttachment.Create(program, (uint)interfaceIndex, type, options);
        if (result >= 0) return new NetkitLink(new FileDescriptor(result));
        var explanation = result switch
        {
            -Errno.ENXIO => "the interface is not a netkit device",
            -Errno.EACCES => "the interface is the peer; name the primary device",
            _ => OrderedAttachment.WhyNot(program, type, -result, s_netkit),
        };
        throw AttachFailure.Create(program, $"netkit interface {interfaceIndex} ({(onPeer ? "peer" : "primary")})", -result, s_netkit, explanation);
    }
}
