using System.Net;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A program on a route of its own (lightweight tunnel), by netlink. Requires at least Linux 4.10. Not a kernel link: disposing removes the route.</summary>
public sealed class LwtLink : BpfLink
{
    LwtLink(Action undo) : base(null, undo) { }

    /// <summary>Adds a route in the calling thread's network namespace whose packets pass the program.</summary>
    /// <param name="program">
    /// A program of type <see cref="ProgramType.LwtIn"/>, <see cref="ProgramType.LwtOut"/> or <see cref="ProgramType.LwtXmit"/>, or of type
    /// <see cref="ProgramType.LwtSeg6local"/> (since Linux 4.18), which runs for packets whose segment routing header has segments left.
    /// </param>
    /// <param name="destination">The route's destination, IPv6 for a segment, which must not have a route of the same metric yet.</param>
    /// <param name="interfaceIndex">The interface that the route leads to.</param>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static LwtLink Attach(BpfProgram program, IPNetwork destination, int interfaceIndex)
    {
        AttachFailure.RequireType(program, "a route", ProgramType.LwtIn, ProgramType.LwtOut, ProgramType.LwtXmit, ProgramType.LwtSeg6local);
        var hook = program.Type switch
        {
            ProgramType.LwtIn => LwtHook.In,
            ProgramType.LwtOut => LwtHook.Out,
            ProgramType.LwtSeg6local => LwtHook.Segment,
            _ => LwtHook.Transmit,
        };
        var target = $"route {destination} ({hook})";
        var address = destination.BaseAddress.GetAddressBytes();
        var length = (byte)destination.PrefixLength;
        var netlink = new RouteNetlink();
        try
        {
            netlink.SetBpfRoute(add: true, address, length, interfaceIndex, hook, program.Fd.Value, program.Name, $"attach program '{program.Name}' to {target}");
        }
        catch (BpfSyscallException error)
        {
            netlink.Dispose();
            throw AttachFailure.Create(program, target, error.ErrorNumber, null, error.Explanation ?? error.ErrorNumber switch
            {
                Errno.EEXIST => "there is a route to this destination already",
                Errno.EOPNOTSUPP => $"this kernel lacks {(hook == LwtHook.Segment ? "CONFIG_IPV6_SEG6_BPF" : "CONFIG_LWTUNNEL_BPF")}",
                _ => null,
            });
        }
        return new LwtLink(() =>
        {
            using (netlink)
            {
                try
                {
                    netlink.SetBpfRoute(add: false, address, length, interfaceIndex, hook, 0, "", $"remove {target}");
                }
                catch (BpfSyscallException)
                {
                    // The route went with its interface.
                }
            }
        });
    }
}
