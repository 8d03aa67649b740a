using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>
/// A traffic control program in the <c>clsact</c> qdisc, by netlink: a classifier as a direct-action filter, an action behind a filter that
/// matches everything. Requires at least Linux 4.5. Not a kernel link: it stays until disposed. A qdisc that had to be made goes with the last filter.
/// </summary>
public sealed class ClassicTcLink : BpfLink
{
    ClassicTcLink(Action undo, ushort priority, uint handle) : base(null, undo)
    {
        Priority = priority;
        Handle = handle;
    }

    /// <summary>The filter's priority, chosen by the kernel if the options gave none.</summary>
    public ushort Priority { get; }

    /// <summary>The filter's handle, chosen by the kernel if the options gave none.</summary>
    public uint Handle { get; }

    /// <summary>Attaches to an interface of the calling thread's network namespace.</summary>
    /// <param name="program">A program of type <see cref="ProgramType.SchedCls"/> or <see cref="ProgramType.SchedAct"/>.</param>
    /// <param name="interfaceIndex">The interface.</param>
    /// <param name="direction">Ingress or egress.</param>
    /// <param name="options">Priority and handle.</param>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static ClassicTcLink Attach(BpfProgram program, int interfaceIndex, TcDirection direction, ClassicTcOptions? options = null)
    {
        AttachFailure.RequireType(program, "tc", ProgramType.SchedCls, ProgramType.SchedAct);
        var isAction = program.Type == ProgramType.SchedAct;
        options ??= new ClassicTcOptions();
        var target = $"tc {direction} of interface {interfaceIndex}";
        var netlink = new RouteNetlink();
        var createdQdisc = false;
        try
        {
            createdQdisc = netlink.AddClsact(interfaceIndex);
            var parent = direction == TcDirection.Ingress ? RouteNetlink.ClsactIngress : RouteNetlink.ClsactEgress;
            var operation = $"attach program '{program.Name}' to {target}";
            var (priority, handle) = isAction
                ? netlink.AddBpfAction(interfaceIndex, parent, options.Priority, options.Handle, program.Fd.Value, program.Name, operation)
                : netlink.AddBpfFilter(interfaceIndex, parent, options.Priority, options.Handle, program.Fd.Value, program.Name, operation);
            return new ClassicTcLink(
                () => Remove(netlink, isAction ? "matchall" : "bpf", interfaceIndex, parent, priority, handle, createdQdisc), priority, handle);
        }
        catch (BpfSyscallException error)
        {
            if (createdQdisc) netlink.TryRemoveClsact(interfaceIndex);
            netlink.Dispose();
            // Of what is not found the kernel says less than we.
            var explanation = WhyNot(error.ErrorNumber, isAction);
            throw AttachFailure.Create(program, target, error.ErrorNumber, null, error.ErrorNumber == Errno.ENOENT ? explanation : error.Explanation ?? explanation);
        }
    }

    static void Remove(RouteNetlink netlink, string kind, int interfaceIndex, uint parent, ushort priority, uint handle, bool createdQdisc)
    {
        using (netlink)
        {
            netlink.TryRemoveFilter(kind, interfaceIndex, parent, priority, handle);
            if (createdQdisc && !netlink.HasFilters(interfaceIndex)) netlink.TryRemoveClsact(interfaceIndex);
        }
    }

    static string? WhyNot(int errno, bool isAction) => errno switch
    {
        Errno.ENOENT when isAction =>
            "this kernel lacks sch_ingress, cls_matchall or act_bpf (CONFIG_NET_SCH_INGRESS, CONFIG_NET_CLS_MATCHALL, CONFIG_NET_ACT_BPF)",
        Errno.ENOENT => "this kernel lacks sch_ingress or cls_bpf (CONFIG_NET_SCH_INGRESS, CONFIG_NET_CLS_BPF)",
        Errno.ENODEV => "there is no such interface in this network namespace",
        Errno.EEXIST => "a filter with this priority and handle exists",
        _ => null,
    };
}
