using System.Text;
using Shouldly;
using Skep.Engine.Containers;
using Xunit;

namespace Skep.Engine.Tests.Containers;

public class CgroupPathTests
{
    [Fact]
    public void Container_is_found_in_the_paths_of_every_runtime()
    {
        var count = 0;
        using var reader = new StreamReader(typeof(CgroupPathTests).Assembly.GetManifestResourceStream("vectors/cgroup-paths.txt")!);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#') continue;
            var fields = line.Split('\t');
            var found = CgroupPath.TryFindContainer(fields[0], out var container);
            found.ShouldBe(fields[1] != "-", fields[0]);
            if (found) container.ShouldBe(new CgroupContainer(fields[1] == "?" ? "" : fields[1], fields[2]), fields[0]);
            count++;
        }
        count.ShouldBeGreaterThanOrEqualTo(60);
    }

    [Theory]
    [InlineData("0::/system.slice/docker-{0}.scope\n", "docker")]
    [InlineData("12:pids:/docker/{0}\n11:memory:/docker/{0}\n1:name=systemd:/docker/{0}\n", "docker")]
    [InlineData("4:memory:/docker/{0}\n1:name=systemd:/docker/{0}\n0::/system.slice/docker.service\n", "docker")]
    [InlineData("0::/machine.slice/libpod-{0}.scope (deleted)\n", "podman")]
    [InlineData("5:cpu,cpuacct:/kubepods/burstable/pod1/{0}", "containerd")]
    [InlineData("3:devices:/system.slice/containerd.service/kubepods-besteffort-pod1.slice:cri-containerd:{0}\n", "containerd")]
    [InlineData("0::/\n", null)]
    [InlineData("", null)]
    [InlineData("garbage\n:\n::\n0::", null)]
    public void Container_of_a_process_is_found_in_any_layout(string text, string? runtime)
    {
        var id = new string('a', 64);
        var found = CgroupPath.TryFindContainerOfProcess(Encoding.UTF8.GetBytes(text.Replace("{0}", id, StringComparison.Ordinal)), out var container);
        found.ShouldBe(runtime is not null);
        if (found) container.ShouldBe(new CgroupContainer(runtime!, id));
    }
}
