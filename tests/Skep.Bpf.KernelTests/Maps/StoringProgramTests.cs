using System.Net.Sockets;
using Shouldly;
using Skep.Bpf.KernelTests.Links;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

/// <summary>Local storage that programs make and user space reads through the descriptor of the owner.</summary>
public class StoringProgramTests
{
    static string Fixture => Path.Combine(AppContext.BaseDirectory, "fixtures", "storage.bpf.o");

    [KernelFact]
    public void Task_storage_that_a_program_made_is_read_through_the_process()
    {
        using var loaded = Load("count_for_task", "tasks");
        using var owner = StorageOwner.Process(Environment.ProcessId);
        Read(loaded, "tasks", owner).ShouldBe(0);
        using var link = loaded.Programs["count_for_task"].Attach();
        SystemCalls.GetProcessGroup(0);
        Read(loaded, "tasks", owner).ShouldBeGreaterThan(0);
    }

    [KernelFact(KernelFeature.CgrpStorage)]
    public void Cgroup_storage_that_a_program_made_is_read_through_the_cgroup()
    {
        using var loaded = Load("count_for_group", "groups");
        using var cgroup = new TestCgroup();
        using var owner = StorageOwner.Cgroup(cgroup.Path);
        using var link = loaded.Programs["count_for_group"].Attach();
        Read(loaded, "groups", owner).ShouldBe(0);
        cgroup.Run(() => SystemCalls.GetProcessGroup(0));
        Read(loaded, "groups", owner).ShouldBeGreaterThan(0);
    }

    [KernelFact]
    public void Socket_storage_that_a_program_made_is_read_through_the_socket()
    {
        using var loaded = Load("count_for_socket", "sockets");
        using var cgroup = new TestCgroup();
        using var link = CgroupLink.Attach(loaded.Programs["count_for_socket"], cgroup.Path);
        using var outside = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        Socket? inside = null;
        cgroup.Run(() => inside = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        using (inside)
        {
            using var owner = StorageOwner.Socket(inside!);
            using var other = StorageOwner.Socket(outside);
            Read(loaded, "sockets", owner).ShouldBe(1);
            Read(loaded, "sockets", other).ShouldBe(0);
        }
    }

    [KernelFact(KernelFeature.Lsm, KernelFeature.InodeStorage)]
    public void Inode_storage_that_a_program_made_is_read_through_the_file()
    {
        using var loaded = Load("count_for_inode", "inodes");
        var path = Path.GetTempFileName();
        try
        {
            using (loaded.Programs["count_for_inode"].Attach()) File.ReadAllBytes(path);
            using var owner = StorageOwner.Inode(path);
            Read(loaded, "inodes", owner).ShouldBeGreaterThan(0);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>One program with its map: a kernel need not know the other kinds of storage.</summary>
    static BpfObject Load(string program, string map)
    {
        var spec = ObjectSpec.FromFile(Fixture);
        spec.Variables["only_process"].Set((uint)Environment.ProcessId);
        spec.Programs[program].AutoLoad = true;
        foreach (var other in new[] { "tasks", "groups", "sockets", "inodes" }) spec.Maps[other].AutoCreate = other == map;
        return BpfObject.Load(spec);
    }

    static long Read(BpfObject loaded, string map, StorageOwner owner)
    {
        var storage = new LocalStorage<long>(loaded.Maps[map]);
        return storage.TryLookup(owner, out var count) ? count : 0;
    }
}
