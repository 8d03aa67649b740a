using Shouldly;
using Skep.Engine.Containers;
using Xunit;

namespace Skep.Engine.Tests.Containers;

public sealed class CgroupHierarchyTests : IDisposable
{
    const string Groups = "9:name=systemd:/user\n8:pids:/a\n4:cpu,cpuacct:/b:c\n3:memory:/d (deleted)\n0::/e\n";

    readonly string _root = Directory.CreateTempSubdirectory("skep-cgroups").FullName;

    public void Dispose() => Directory.Delete(_root, true);

    [Theory]
    [InlineData("cgroup2 /sys/fs/cgroup cgroup2 rw", "", 0, "/e")]
    // The freezer alone beside v2, as some hosts have it: runtimes go by what is at /sys/fs/cgroup.
    [InlineData("cgroup2 /sys/fs/cgroup cgroup2 rw|cgroup /mnt/pids cgroup rw,pids", "", 0, "/e")]
    [InlineData("cgroup /sys/fs/cgroup/pids cgroup rw,pids|cgroup /sys/fs/cgroup/memory cgroup rw,memory|cgroup2 /sys/fs/cgroup/unified cgroup2 rw", "memory", 3, "/d")]
    [InlineData("cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct|cgroup /sys/fs/cgroup/systemd cgroup rw,xattr,name=systemd", "cpu", 4, "/b:c")]
    [InlineData("cgroup /sys/fs/cgroup/systemd cgroup rw,xattr,name=systemd", "name=systemd", 9, "/user")]
    [InlineData("cgroup /sys/fs/cgroup/systemd cgroup rw,xattr,name=systemd|cgroup2 /sys/fs/cgroup/unified cgroup2 rw", "", 0, "/e")]
    // Mounted by a name that the kernel does not know of this process.
    [InlineData("cgroup /sys/fs/cgroup/devices cgroup rw,devices|cgroup /sys/fs/cgroup/pids cgroup rw,pids", "pids", 8, "/a")]
    public void Hierarchy_is_the_one_that_runtimes_use(string mounts, string controller, uint number, string path)
    {
        Directory.CreateDirectory(Path.Combine(_root, "proc/self"));
        File.WriteAllText(Path.Combine(_root, "proc/self/mounts"), string.Concat(mounts.Split('|').Select(m => m + ",relatime 0 0\n")));
        File.WriteAllText(Path.Combine(_root, "proc/self/cgroup"), Groups);
        foreach (var mount in mounts.Split('|')) Directory.CreateDirectory(Path.Combine(_root, mount.Split(' ')[1].TrimStart('/')));
        var hierarchy = CgroupHierarchy.Find(_root);
        (hierarchy.Controller, hierarchy.Number, hierarchy.IsMounted).ShouldBe((controller, number, true));
        hierarchy.PathIn(System.Text.Encoding.UTF8.GetBytes(Groups)).ShouldBe(path);
    }

    [Fact]
    public void No_hierarchy_is_found_where_none_is_mounted()
    {
        var hierarchy = CgroupHierarchy.Find(_root);
        (hierarchy.IsMounted, hierarchy.RootId, hierarchy.IdOf("/")).ShouldBe((false, 0ul, 0ul));
        hierarchy.PathIn("0::/e\n"u8).ShouldBeNull();
        hierarchy.PathOf(1).ShouldBeNull();
    }
}
