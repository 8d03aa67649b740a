using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A traffic control program on an interface, in an ordered list without qdisc or filter. Requires at least Linux 6.6.</summary>
public sealed class TcxLink : BpfLink
{
    static readonly KernelSupport s_tcx = new("tcx", new(6, 6), "use ClassicTcLink");

    TcxLink(FileDescriptor fd) : base(fd) { }

    /// <summary>Attaches to an interface of the calling thread's network namespace.</summary>
    /// <param name="program">A program of type <see cref="ProgramType.SchedCls"/>.</param>
    /// <param name="interfaceIndex">The interface.</param>
    /// <param name="direction">Ingress or egress.</param>
    /// <param name="options">Position among other programs.</param>
    /// <exception cref="BpfSyscallException">The kernel refused it; ESTALE means another revision than the expected one.</exception>
    public static TcxLink Attach(BpfProgram program, int interfaceIndex, TcDirection direction, OrderedOptions? options = null)
    {
        AttachFailure.RequireType(program, "tcx", ProgramType.SchedCls);
        var type = direction == TcDirection.Ingress ? AttachType.TcxIngress : AttachType.TcxEgress;
        var result = OrderedAttachment.Create(program, (uint)interfaceIndex, type, options);
        if (result >= 0) return new TcxLink(new FileDescriptor(result));
        throw AttachFailure.Create(program, $"tcx {direction} of interface {interfaceIndex}", -result, s_tcx, OrderedAttachment.WhyNot(program, type, -result, s_tcx));
    }
}
