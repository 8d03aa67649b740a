using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>An XDP program on a network interface. Requires at least Linux 4.8; a kernel link since 5.9, netlink before.</summary>
public sealed class XdpLink : BpfLink
{
    static readonly KernelSupport s_links = new("an XDP link", new(5, 9), "attach by netlink: XdpOptions.UseNetlink");

    XdpLink(FileDescriptor? fd, Action? undo = null) : base(fd, undo) { }

    /// <summary>Attaches to an interface of the calling thread's network namespace.</summary>
    /// <param name="program">A program of type <see cref="ProgramType.Xdp"/>.</param>
    /// <param name="interfaceIndex">The interface.</param>
    /// <param name="options">Mode and mechanism.</param>
    /// <exception cref="BpfSyscallException">The kernel refused it, or another program is attached (EBUSY).</exception>
    public static XdpLink Attach(BpfProgram program, int interfaceIndex, XdpOptions? options = null)
    {
        AttachFailure.RequireType(program, "XDP", ProgramType.Xdp);
        options ??= new XdpOptions();
        var target = $"XDP of interface {interfaceIndex}{(options.Mode == XdpMode.Automatic ? "" : $" ({options.Mode})")}";
        if (options.UseNetlink) return AttachByNetlink(program, interfaceIndex, options.Mode, target);
        var attr = new LinkCreateAttr
        {
            ProgramFd = program.Fd.Value, TargetIfIndex = (uint)interfaceIndex, AttachType = (uint)AttachType.Xdp, Flags = (uint)options.Mode,
        };
        var result = LinkSyscalls.Create(ref attr);
        if (result >= 0) return new XdpLink(new FileDescriptor(result));
        if (result == -Errno.EINVAL && s_links.IsOlderHere) return AttachByNetlink(program, interfaceIndex, options.Mode, target);
        throw AttachFailure.Create(program, target, -result, s_links, WhyNot(options.Mode, -result));
    }

    static XdpLink AttachByNetlink(BpfProgram program, int interfaceIndex, XdpMode mode, string target)
    {
        // The socket stays open: it keeps the network namespace in which the program must be taken off again.
        var netlink = new RouteNetlink();
        try
        {
            netlink.SetXdp(interfaceIndex, program.Fd.Value, RouteNetlink.XdpIfNoneExists | (uint)mode, expectedFd: null, $"attach program '{program.Name}' to {target}");
            // Holding the program makes sure that only our own is taken off.
            var held = program.Fd.Duplicate();
            return new XdpLink(null, () =>
            {
                using (netlink)
                using (held)
                {
                    netlink.TryRemoveXdp(interfaceIndex, (uint)mode, held.Value);
                }
            });
        }
        catch (BpfSyscallException error)
        {
            netlink.Dispose();
            throw AttachFailure.Create(program, target, error.ErrorNumber, null, error.Explanation ?? WhyNot(mode, error.ErrorNumber));
        }
        catch
        {
            netlink.Dispose();
            throw;
        }
    }

    static string? WhyNot(XdpMode mode, int errno) => errno switch
    {
        Errno.EBUSY or Errno.EEXIST => "another XDP program or link is on the interface",
        Errno.EOPNOTSUPP when mode is XdpMode.Native or XdpMode.Hardware => $"the driver has no {mode} XDP; use XdpMode.Generic",
        Errno.ENODEV => "there is no such interface in this network namespace",
        Errno.E2BIG => "the interface's MTU is too large for this program",
        _ => null,
    };
}
