using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Skep.Bpf.Interop;

namespace Skep.Bpf.KernelTests.Links;

/// <summary>A network namespace of its own with loopback up, and one thread that lives in it.</summary>
sealed class TestNetwork : IDisposable
{
    const ushort NewLink = 16, GetLink = 18, NewAddress = 20;
    const ushort LinkName = 3, LinkInfo = 18, InfoKind = 1, InfoData = 2, VethPeer = 1, NetnsFd = 28, AddressLocal = 2, AddressAny = 1;
    const uint InterfaceUp = 1;
    public const int Loopback = 1;

    readonly BlockingCollection<Action> _work = [];
    readonly Thread _thread;
    FileDescriptor? _namespace;

    public TestNetwork()
    {
        _thread = new Thread(() =>
        {
            foreach (var action in _work.GetConsumingEnumerable()) action();
        })
        { IsBackground = true, Name = "netns" };
        _thread.Start();
        Run(() =>
        {
            Libc.Check(Libc.Unshare(Libc.CLONE_NEWNET), "unshare");
            _namespace = Libc.OwnedFd(Libc.Open("/proc/thread-self/ns/net", Libc.O_RDONLY | Libc.O_CLOEXEC, 0), "open namespace");
            SetUp(Loopback);
        });
    }

    /// <summary>The namespace as a path that any thread of this process can open.</summary>
    public string Path => $"/proc/{Environment.ProcessId}/fd/{_namespace!.Value}";

    /// <summary>Runs something on the namespace's thread and passes on what it throws.</summary>
    public void Run(Action action) => Run(() =>
    {
        action();
        return true;
    });

    /// <inheritdoc cref="Run(Action)"/>
    public T Run<T>(Func<T> function)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        using var done = new ManualResetEventSlim();
        _work.Add(() =>
        {
            try
            {
                result = function();
            }
            catch (Exception error)
            {
                failure = ExceptionDispatchInfo.Capture(error);
            }
            done.Set();
        });
        done.Wait();
        failure?.Throw();
        return result;
    }

    /// <summary>Makes a veth pair, one end here and one in another namespace, both up with an address. Returns the index of each end.</summary>
    public (int Here, int There) ConnectTo(TestNetwork other, string here, string there)
    {
        Run(() =>
        {
            using var netlink = new Netlink(0);
            netlink.Execute(new NetlinkMessage(NewLink, NetlinkFlags.Acknowledge | NetlinkFlags.Create | NetlinkFlags.Exclusive)
                .Append(default(RouteNetlink.InterfaceMessage))
                .Attribute(LinkName, "veth0")
                .Nest(LinkInfo, info => info
                    .Attribute(InfoKind, "veth")
                    .Nest(InfoData, data => data.Nest(VethPeer, peer => peer
                        .Append(default(RouteNetlink.InterfaceMessage))
                        .Attribute(LinkName, "veth0")
                        .Attribute(NetnsFd, other._namespace!.Value)))), "create veth");
        });
        return (Configure(here), other.Configure(there));
    }

    /// <summary>Makes a netkit pair whose peer is named <c>nk1</c>. Returns the index of the primary.</summary>
    public int CreateNetkit() => Run(() =>
    {
        using var netlink = new Netlink(0);
        netlink.Execute(new NetlinkMessage(NewLink, NetlinkFlags.Acknowledge | NetlinkFlags.Create | NetlinkFlags.Exclusive)
            .Append(default(RouteNetlink.InterfaceMessage))
            .Attribute(LinkName, "nk0")
            .Nest(LinkInfo, info => info.Attribute(InfoKind, "netkit").Nest(InfoData, data => data
                .Nest(1, peer => peer.Append(default(RouteNetlink.InterfaceMessage)).Attribute(LinkName, "nk1"))
                // IFLA_NETKIT_MODE: layer 3.
                .Attribute(5, 1))), "create netkit");
        SetUp(IndexOf("nk1"));
        var index = IndexOf("nk0");
        SetUp(index);
        AddAddress(index, [10, 77, 0, 1], 24);
        return index;
    });

    /// <summary>The index of an interface of the calling thread's namespace; /sys would show that of its mount.</summary>
    public static int IndexOf(string name)
    {
        var index = 0;
        var wanted = System.Text.Encoding.UTF8.GetBytes(name + "\0");
        using var netlink = new Netlink(0);
        netlink.Execute(new NetlinkMessage(GetLink, NetlinkFlags.Dump).Append(default(RouteNetlink.InterfaceMessage)), "list interfaces", (type, payload) =>
        {
            if (type != NewLink || !Netlink.TryGetAttribute(payload[16..], LinkName, out var found) || !found.SequenceEqual(wanted)) return;
            index = System.Runtime.InteropServices.MemoryMarshal.Read<RouteNetlink.InterfaceMessage>(payload).Index;
        });
        return index;
    }

    int Configure(string address) => Run(() =>
    {
        var index = IndexOf("veth0");
        SetUp(index);
        AddAddress(index, System.Net.IPAddress.Parse(address).GetAddressBytes(), 24);
        return index;
    });

    static void SetUp(int index)
    {
        using var netlink = new Netlink(0);
        netlink.Execute(new NetlinkMessage(NewLink, NetlinkFlags.Acknowledge)
            .Append(new RouteNetlink.InterfaceMessage { Index = index, Flags = InterfaceUp, Change = InterfaceUp }), "set interface up");
    }

    static void AddAddress(int index, ReadOnlySpan<byte> address, byte prefix)
    {
        using var netlink = new Netlink(0);
        netlink.Execute(new NetlinkMessage(NewAddress, NetlinkFlags.Acknowledge | NetlinkFlags.Create | NetlinkFlags.Exclusive)
            .Append(new AddressMessage { Family = 2, PrefixLength = prefix, Index = index })
            .Attribute(AddressLocal, address)
            .Attribute(AddressAny, address), "add address");
    }

    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _namespace?.Dispose();
        _work.Dispose();
    }

    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Sequential)]
    struct AddressMessage
    {
        public byte Family, PrefixLength, Flags, Scope;
        public int Index;
    }
}
