using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Skep.Bpf.Interop;

namespace Skep.Testing;

/// <summary>Asks rtnetlink, inside a network namespace that ends with its thread.</summary>
static unsafe partial class NetworkProbes
{
    const int CLONE_NEWNET = 0x40000000;
    const int AF_NETLINK = 16, SOCK_RAW = 3, SOCK_CLOEXEC = 0x80000;
    const ushort NewLink = 16, NewQdisc = 36, NewFilter = 44, NewAction = 48;
    const ushort Request = 0x1, Acknowledge = 0x4, Create = 0x400, Exclusive = 0x200;
    const ushort LinkName = 3, LinkInfo = 18, LinkInfoKind = 1, TrafficKind = 1;
    const uint Clsact = 0xfffffff1, ClsactHandle = 0xffff0000, ClsactIngress = 0xfffffff2;

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(int socket, byte* data, nuint length, int flags);

    public static string? NetNs() => InNamespace(() => null);

    public static string? Veth() => InNamespace(() => Ask("create veth", NewLink, LinkMessage("veth")));

    public static string? Netkit() => InNamespace(() => Ask("create netkit", NewLink, LinkMessage("netkit")));

    public static string? SchedCls() => InNamespace(() =>
        Ask("create clsact", NewQdisc, TrafficMessage("clsact", Clsact, ClsactHandle))
        // Without options the classifier, once found, complains of them; an unknown one is ENOENT.
        ?? Ask("create bpf filter", NewFilter, TrafficMessage("bpf", ClsactIngress, 1, info: (1 << 16) | 0x0300), -Errno.EINVAL));

    // As with the classifier: what is found complains of missing options, what is not is ENOENT.
    public static string? SchedAct() => InNamespace(() =>
        Ask("create clsact", NewQdisc, TrafficMessage("clsact", Clsact, ClsactHandle))
        ?? Ask("create matchall filter", NewFilter, TrafficMessage("matchall", ClsactIngress, 1, info: (1 << 16) | 0x0300), -Errno.EINVAL)
        ?? Ask("create bpf action", NewAction, [0, 0, 0, 0, .. Attribute(1, Attribute(1, Attribute(1, Text("bpf"))))], -Errno.EINVAL));

    static string? InNamespace(Func<string?> probe)
    {
        string? answer = null;
        var thread = new Thread(() => answer = Unshare(CLONE_NEWNET) == 0
            ? probe()
            : AttachProbes.Refused("unshare network namespace", -Marshal.GetLastPInvokeError()));
        thread.Start();
        thread.Join();
        return answer;
    }

    static byte[] LinkMessage(string kind) =>
        [.. new byte[16], .. Attribute(LinkName, Text("skepprobe0")), .. Attribute(LinkInfo, Attribute(LinkInfoKind, Text(kind)))];

    // struct tcmsg on the namespace's loopback, which is interface 1.
    static byte[] TrafficMessage(string kind, uint parent, uint handle, uint info = 0)
    {
        var message = new byte[20];
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(4), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(8), handle);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(12), parent);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(16), info);
        return [.. message, .. Attribute(TrafficKind, Text(kind))];
    }

    static string? Ask(string operation, ushort type, byte[] payload, int accepted = 0)
    {
        using var socket = Libc.OwnedFd(Socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0), "socket(AF_NETLINK)");
        var message = new byte[16 + payload.Length];
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), type);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(6), Request | Acknowledge | Create | Exclusive);
        payload.CopyTo(message, 16);
        fixed (byte* data = message)
        {
            if (Send(socket.Value, data, (nuint)message.Length, 0) < 0) return AttachProbes.Refused(operation, -Marshal.GetLastPInvokeError());
        }
        var reply = new byte[4096];
        var length = Libc.Read(socket, reply);
        // struct nlmsgerr follows the header: a negated errno first.
        var result = length >= 20 ? BinaryPrimitives.ReadInt32LittleEndian(reply.AsSpan(16)) : -Errno.EIO;
        return result == 0 || result == accepted ? null : AttachProbes.Refused(operation, result);
    }

    static byte[] Attribute(ushort type, byte[] value)
    {
        var attribute = new byte[4 + ((value.Length + 3) & ~3)];
        BinaryPrimitives.WriteUInt16LittleEndian(attribute, (ushort)(4 + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(attribute.AsSpan(2), type);
        value.CopyTo(attribute, 4);
        return attribute;
    }

    static byte[] Text(string value) => Encoding.UTF8.GetBytes(value + "\0");
}
