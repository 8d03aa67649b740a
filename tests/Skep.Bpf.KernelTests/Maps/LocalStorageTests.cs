using System.Net.Sockets;
using Shouldly;
using Skep.Bpf.KernelTests.Links;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

public class LocalStorageTests
{
    record struct Mark(ulong Value, uint Flags, uint Padding);

    [KernelFact]
    public void Task_storage_hangs_on_a_process()
    {
        using var storage = BpfMap.CreateStorage<Mark>(MapType.TaskStorage, "tasks");
        using var owner = StorageOwner.Process(Environment.ProcessId);
        RoundTrip(storage, owner);
    }

    [KernelFact(KernelFeature.InodeStorage)]
    public void Inode_storage_hangs_on_a_file()
    {
        var path = Path.GetTempFileName();
        try
        {
            using var storage = BpfMap.CreateStorage<Mark>(MapType.InodeStorage, "inodes");
            using var owner = StorageOwner.Inode(path);
            RoundTrip(storage, owner);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [KernelFact]
    public void Socket_storage_hangs_on_a_socket()
    {
        using var storage = BpfMap.CreateStorage<Mark>(MapType.SkStorage, "sockets");
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using var owner = StorageOwner.Socket(socket);
        RoundTrip(storage, owner);
    }

    [KernelFact(KernelFeature.CgrpStorage)]
    public void Cgroup_storage_hangs_on_a_cgroup()
    {
        using var storage = BpfMap.CreateStorage<Mark>(MapType.CgrpStorage, "groups");
        using var owner = StorageOwner.Cgroup(TestCgroup.Root);
        RoundTrip(storage, owner);
    }

    static void RoundTrip(LocalStorage<Mark> storage, StorageOwner owner)
    {
        storage.TryLookup(owner, out _).ShouldBeFalse();
        storage.Update(owner, new Mark(42, 7, 0));
        storage.TryLookup(owner, out var mark).ShouldBeTrue();
        mark.ShouldBe(new Mark(42, 7, 0));
        Should.Throw<BpfSyscallException>(() => storage.Update(owner, default, MapUpdateFlags.NoExist)).ErrorName.ShouldBe("EEXIST");
        storage.Delete(owner).ShouldBeTrue();
        storage.Delete(owner).ShouldBeFalse();
    }
}
