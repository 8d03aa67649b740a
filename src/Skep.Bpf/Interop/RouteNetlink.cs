using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Skep.Bpf.Interop;

/// <summary>The parts of rtnetlink that attach programs: XDP of a device, filters of the clsact qdisc, encapsulating routes.</summary>
sealed class RouteNetlink() : Netlink(protocol: 0)
{
    public const uint XdpIfNoneExists = 1 << 0, XdpReplace = 1 << 4;
    public const uint ClsactIngress = 0xfffffff2, ClsactEgress = 0xfffffff3;

    const uint ClsactHandle = 0xffff0000, ClsactParent = 0xfffffff1;
    const ushort NewLink = 16, GetLink = 18, SetLink = 19, NewRoute = 24, DeleteRoute = 25, NewQdisc = 36, DeleteQdisc = 37,
        NewFilter = 44, DeleteFilter = 45, GetFilter = 46;
    const ushort LinkXdp = 43, XdpFd = 1, XdpFlags = 3, XdpProgramId = 4, XdpExpectedFd = 8;
    const ushort TcKind = 1, TcOptions = 2, BpfFd = 6, BpfName = 7, BpfFlags = 8;
    const uint BpfDirectAction = 1;
    const ushort MatchAllActions = 2, ActionKind = 1, ActionOptions = 2, ActionParameters = 2, ActionFd = 5, ActionName = 6;
    const int PassOn = 3;
    const ushort EthernetAll = 3;
    const ushort RouteDestination = 1, RouteOutInterface = 4, RouteEncapType = 21, RouteEncap = 22, EncapSegment = 7, EncapBpf = 6, LwtFd = 1, LwtName = 2,
        SegmentAction = 1, SegmentProgram = 8;
    const int SegmentActionBpf = 15;

    /// <summary><c>struct ifinfomsg</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct InterfaceMessage
    {
        public byte Family;
        public byte Padding;
        public ushort Type;
        public int Index;
        public uint Flags, Change;
    }

    [StructLayout(LayoutKind.Sequential)]
    struct TrafficControlMessage
    {
        public byte Family, Padding1;
        public ushort Padding2;
        public int Index;
        public uint Handle, Parent, Info;
    }

    /// <summary><c>struct tc_act_bpf</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    struct ActionMessage
    {
        public uint Index, Capabilities;
        public int Action, References, Bindings;
    }

    [StructLayout(LayoutKind.Sequential)]
    struct RouteMessage
    {
        public byte Family, DestinationLength, SourceLength, Tos, Table, Protocol, Scope, Type;
        public uint Flags;
    }

    /// <summary>Sets a device's XDP program; descriptor -1 removes it. With <paramref name="expectedFd"/> only if that one is there (since Linux 5.7).</summary>
    public void SetXdp(int interfaceIndex, int programFd, uint flags, int? expectedFd, string operation)
    {
        if (expectedFd is not null) flags |= XdpReplace;
        var message = new NetlinkMessage(SetLink, NetlinkFlags.Acknowledge)
            .Append(new InterfaceMessage { Index = interfaceIndex })
            .Nest(LinkXdp | NetlinkMessage.NestedFlag, xdp =>
            {
                xdp.Attribute(XdpFd, programFd).Attribute(XdpFlags, flags);
                if (expectedFd is { } expected) xdp.Attribute(XdpExpectedFd, expected);
            });
        Execute(message, operation);
    }

    /// <summary>Takes our program off; leaves the device alone when another has taken its place or the device is gone.</summary>
    public void TryRemoveXdp(int interfaceIndex, uint flags, int programFd)
    {
        try
        {
            SetXdp(interfaceIndex, -1, flags, programFd, "remove XDP program");
        }
        catch (BpfSyscallException)
        {
        }
    }

    /// <summary>The id of a device's XDP program, 0 for none.</summary>
    public uint XdpProgram(int interfaceIndex)
    {
        var id = 0u;
        var message = new NetlinkMessage(GetLink, NetlinkFlags.Acknowledge).Append(new InterfaceMessage { Index = interfaceIndex });
        Execute(message, $"query interface {interfaceIndex}", (type, payload) =>
        {
            if (type == NewLink && TryGetAttribute(payload[16..], LinkXdp, out var xdp) && TryGetAttribute(xdp, XdpProgramId, out var value))
            {
                id = MemoryMarshal.Read<uint>(value);
            }
        });
        return id;
    }

    /// <summary>Adds the clsact qdisc. Returns false when the device has it already.</summary>
    public bool AddClsact(int interfaceIndex)
    {
        var message = new NetlinkMessage(NewQdisc, NetlinkFlags.Acknowledge | NetlinkFlags.Create | NetlinkFlags.Exclusive)
            .Append(new TrafficControlMessage { Index = interfaceIndex, Handle = ClsactHandle, Parent = ClsactParent })
            .Attribute(TcKind, "clsact");
        try
        {
            Execute(message, $"add clsact to interface {interfaceIndex}");
            return true;
        }
        catch (BpfSyscallException error) when (error.ErrorNumber == Errno.EEXIST)
        {
            return false;
        }
    }

    public void TryRemoveClsact(int interfaceIndex)
    {
        var message = new NetlinkMessage(DeleteQdisc, NetlinkFlags.Acknowledge)
            .Append(new TrafficControlMessage { Index = interfaceIndex, Handle = ClsactHandle, Parent = ClsactParent })
            .Attribute(TcKind, "clsact");
        TryExecute(message);
    }

    /// <summary>Adds a direct-action filter. Returns the priority and handle that the kernel gave it.</summary>
    public (ushort Priority, uint Handle) AddBpfFilter(
        int interfaceIndex, uint parent, ushort priority, uint handle, int programFd, string name, string operation) =>
        AddFilter("bpf", interfaceIndex, parent, priority, handle, operation,
            options => options.Attribute(BpfFd, programFd).Attribute(BpfName, name).Attribute(BpfFlags, BpfDirectAction));

    /// <summary>Adds a filter that matches everything and acts by a program. Returns the priority and handle that the kernel gave it.</summary>
    public (ushort Priority, uint Handle) AddBpfAction(
        int interfaceIndex, uint parent, ushort priority, uint handle, int programFd, string name, string operation) =>
        AddFilter("matchall", interfaceIndex, parent, priority, handle, operation, options => options
            .Nest(MatchAllActions, actions => actions.Nest(1, first => first
                .Attribute(ActionKind, "bpf")
                .Nest(ActionOptions, action => action
                    .Attribute(ActionParameters, MemoryMarshal.AsBytes([new ActionMessage { Action = PassOn }]))
                    .Attribute(ActionFd, programFd)
                    .Attribute(ActionName, name)))));

    (ushort Priority, uint Handle) AddFilter(
        string kind, int interfaceIndex, uint parent, ushort priority, uint handle, string operation, Action<NetlinkMessage> options)
    {
        // Echo makes the kernel send the new filter back, which is the only way to learn what it chose.
        var message = new NetlinkMessage(NewFilter, NetlinkFlags.Acknowledge | NetlinkFlags.Create | NetlinkFlags.Exclusive | NetlinkFlags.Echo)
            .Append(FilterMessage(interfaceIndex, parent, priority, handle))
            .Attribute(TcKind, kind)
            .Nest(TcOptions, options);
        Execute(message, operation, (type, payload) =>
        {
            if (type != NewFilter) return;
            var filter = MemoryMarshal.Read<TrafficControlMessage>(payload);
            (priority, handle) = ((ushort)(filter.Info >> 16), filter.Handle);
        });
        return (priority, handle);
    }

    public void TryRemoveFilter(string kind, int interfaceIndex, uint parent, ushort priority, uint handle) =>
        TryExecute(new NetlinkMessage(DeleteFilter, NetlinkFlags.Acknowledge)
            .Append(FilterMessage(interfaceIndex, parent, priority, handle))
            .Attribute(TcKind, kind));

    /// <summary>Whether clsact of a device has any filter, in either direction.</summary>
    public bool HasFilters(int interfaceIndex)
    {
        var found = false;
        foreach (var parent in (ReadOnlySpan<uint>)[ClsactIngress, ClsactEgress])
        {
            var message = new NetlinkMessage(GetFilter, NetlinkFlags.Dump)
                .Append(new TrafficControlMessage { Index = interfaceIndex, Parent = parent });
            Execute(message, $"list filters of interface {interfaceIndex}", (type, _) => found |= type == NewFilter);
        }
        return found;
    }

    /// <summary>Adds or removes a route whose packets pass a program (net/core/lwt_bpf.c, net/ipv6/seg6_local.c).</summary>
    public void SetBpfRoute(bool add, ReadOnlySpan<byte> destination, byte prefixLength, int interfaceIndex, LwtHook hook, int programFd, string name, string operation)
    {
        var flags = NetlinkFlags.Acknowledge | (add ? NetlinkFlags.Create | NetlinkFlags.Exclusive : NetlinkFlags.None);
        var isIPv6 = destination.Length == 16;
        var message = new NetlinkMessage(add ? NewRoute : DeleteRoute, flags)
            .Append(new RouteMessage { Family = (byte)(isIPv6 ? 10 : 2), DestinationLength = prefixLength, Table = 254, Protocol = 4, Scope = (byte)(isIPv6 ? 0 : 253), Type = 1 })
            .Attribute(RouteDestination, destination)
            .Attribute(RouteOutInterface, interfaceIndex);
        if (add)
        {
            var isSegment = hook == LwtHook.Segment;
            message.Attribute(RouteEncapType, isSegment ? EncapSegment : EncapBpf)
                .Nest(RouteEncap | NetlinkMessage.NestedFlag, encap =>
                {
                    if (isSegment) encap.Attribute(SegmentAction, SegmentActionBpf);
                    encap.Nest((ushort)((isSegment ? SegmentProgram : (ushort)hook) | NetlinkMessage.NestedFlag),
                        program => program.Attribute(LwtFd, programFd).Attribute(LwtName, name));
                });
        }
        Execute(message, operation);
    }

    static TrafficControlMessage FilterMessage(int interfaceIndex, uint parent, ushort priority, uint handle) => new()
    {
        Index = interfaceIndex,
        Handle = handle,
        Parent = parent,
        Info = (uint)priority << 16 | BinaryPrimitives.ReverseEndianness(EthernetAll),
    };

    void TryExecute(NetlinkMessage message)
    {
        try
        {
            Execute(message, "undo attachment");
        }
        catch (BpfSyscallException)
        {
            // The device or the filter is gone: there is nothing left to undo.
        }
    }
}
